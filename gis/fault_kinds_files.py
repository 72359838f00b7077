"""Wordings of faults in files and tables; see :mod:`gis.fault_kinds` for what a template is."""

from __future__ import annotations

FILES: dict[str, tuple[str, str]] = {
    "file_missing": (
        "找不到文件“{found}”。请检查路径和文件名。",
        'there is no file "{found}". Check the folder and the name.',
    ),
    "file_refused": (
        "“{found}”不是本机上的普通文件。只读取本机文件，不读网络地址、压缩包内路径（/vsi…）和设备；请先复制"
        "到本机。",
        '"{found}" is not an ordinary file on this machine. Web addresses, paths into archives (/vsi...) '
        "and devices are not read; copy the file here first.",
    ),
    "file_format": (
        "不能读取“{found}”格式。可用：{formats}。请在原软件中另存为其中一种。",
        'the format "{found}" cannot be read. Use one of {formats}; save the file again from its program.',
    ),
    "file_content": (
        "扩展名是“{found}”，内容却不是。请用原软件重新导出，不要只改扩展名。",
        'the name ends in "{found}" but the content is something else. Export it again; renaming is not '
        "enough.",
    ),
    "file_too_large": (
        "文件有 {size} MB，超过上限 {limit} MB。请只保留本县（区）范围和需要的列后再导入。",
        "the file has {size} MB, more than the limit of {limit} MB. Keep only your district and the "
        "columns needed.",
    ),
    "too_many_rows": (
        "有 {rows} 行，超过上限 {limit} 行。请拆分，或只保留需要的范围。",
        "there are {rows} rows, more than the limit of {limit}. Split the file or keep only the part needed.",
    ),
    "file_unreadable": (
        "文件打不开，可能损坏、加密或没有写完（{reason}）。请重新导出；有打开密码的先去掉密码。",
        "the file cannot be opened; it may be damaged, encrypted or incomplete ({reason}). Export it "
        "again, without a password.",
    ),
    "companion_missing": (
        "缺少同名的 {found} 文件。Shapefile 由 .shp、.shx、.dbf 等几个文件组成，请放在同一文件夹。",
        "the {found} file of the same name is missing. A shapefile is several files (.shp, .shx, .dbf): "
        "put them in one folder.",
    ),
    "encoding_unknown": (
        "文字编码认不出（既不是 UTF-8，也不是 GB18030/GBK）。请另存为“CSV UTF-8”。",
        'the text encoding is neither UTF-8 nor GB18030/GBK. Save the file as "CSV UTF-8".',
    ),
    "table_empty": (
        "没有数据行。表头下至少应有一行。",
        "there is no row of data. At least one row must follow the headers.",
    ),
    "table_missing": (
        "没有名为“{found}”的表。文件里有：{tables}。",
        'there is no table "{found}". The file has: {tables}.',
    ),
    "layer_not_found": (
        "没有一张表像“{layer}”。文件里有：{tables}。请核对表头，或指明读哪张表、哪列对应哪项。",
        'no table looks like "{layer}". The file has: {tables}. Check the headers, or say which table to '
        "read and what its columns mean.",
    ),
    "layer_ambiguous": (
        "有几张表都像“{layer}”，表头又不相同：{tables}。请指明读哪一张。",
        'several tables look like "{layer}" and their headers differ: {tables}. Say which one to read.',
    ),
    "export_too_many_rows": (
        "“{found}”的行数超过一张工作表能容纳的 {limit} 行。请改用 CSV 或 GeoPackage。",
        '"{found}" has more rows than the {limit} that a sheet can hold. Use CSV or GeoPackage instead.',
    ),
    "row_too_long": (
        "这一行比表头多出 {extra} 格（“{found}”）。多半是文字里有没加引号的逗号，请改正。",
        'this row has {extra} cells more than the header ("{found}"). Often a comma in a text without '
        "quotes.",
    ),
    "file_advice": (
        "“{found}”格式不能直接读取。{advice}",
        'the format "{found}" cannot be read directly. {advice}',
    ),
    "archive_path": (
        "压缩包里的“{found}”指向包外，整个压缩包没有读取。请重新打包。",
        'the archive holds "{found}", which points outside of it; nothing in it was read. Pack it again.',
    ),
    "archive_locked": (
        "压缩包有密码，打不开。请不设密码重新打包。",
        "the archive has a password. Pack it again without one.",
    ),
    "archive_empty": (
        "压缩包里没有可读的文件。可读：{formats}。",
        "the archive holds no file that can be read. These can: {formats}.",
    ),
    "archive_too_many": (
        "压缩包里有 {count} 个文件，超过上限 {limit} 个。请只留需要的文件。",
        "the archive holds {count} files, more than the limit of {limit}. Keep only those needed.",
    ),
    "mended_headers": (
        "这不是改好的问题行表：缺少 {headers} 几列。请在下载的表里修改，不要删去前面几列。",
        "this is no table of mended rows: it lacks the columns {headers}. Change the table that was "
        "downloaded and keep its first columns.",
    ),
    "mended_unknown": (
        "改好的表里有第 {found} 行，原文件里没有这一行。请核对行号和工作表名。",
        "the table of mended rows has a row {found}, which the file has not. Check its number and sheet.",
    ),
    "text_garbled": (
        "文字是乱码（“{found}”），共 {count} 处，多半应是“{guess}”。文件在前一次转换时用错了编码：请从原软件"
        "按 UTF-8 重新导出。",
        'the text is garbled ("{found}"; {count} such cells) and was probably "{guess}". The file was saved '
        "with the wrong encoding before: export it again as UTF-8.",
    ),
    "text_lost": (
        "文字已损坏（“{found}”），共 {count} 处，不能恢复。文件在前一次转换时用错了编码：请从原软件按 UTF-8 "
        "重新导出。",
        'the text is damaged ("{found}"; {count} such cells) and cannot be recovered. The file was saved '
        "with the wrong encoding before: export it again as UTF-8.",
    ),
}

FILE_NOTES: dict[str, tuple[str, str]] = {
    "tables_joined": (
        "同样表头的几张工作表已合并读入：{tables}。如不应合并，请指明读哪一张。",
        "sheets with the same headers were read as one table: {tables}. If that is wrong, say which one to "
        "read.",
    ),
    "sheet_hidden": (
        "这张工作表是隐藏的，没有读入。如果里面有要用的数据，请先取消隐藏。",
        "this sheet is hidden and was not read. Unhide it if it holds data that are needed.",
    ),
    "table_left": (
        "这张表没有读入：它不像任何一个图层。如果里面有数据，请核对表头。",
        "this table was not read: it looks like none of the layers. If it holds data, check its headers.",
    ),
    "encoding_declared_wrong": (
        "声明的文字编码是 {found}，实际不是；已按 {used} 读取，例如：{samples}。如是乱码，请指明编码。",
        "the declared text encoding is {found}, which does not fit; it was read as {used}, for example: "
        "{samples}. If that is garbled, state the encoding.",
    ),
    "merged_filled": (
        "{count} 处合并单元格已按左上角的值填满。请抽查。",
        "{count} merged ranges were filled with the value of their first cell. Check some of them.",
    ),
    "table_unpivoted": (
        "年级是并列的几列（{columns}），已转成每校每年级一行，共 {count} 行；空格表示没有该年级。",
        "grades stand side by side ({columns}); they were turned into one row a school and grade, {count} "
        "rows. A blank cell means that there is no such grade.",
    ),
    "value_given": (
        "表中没有“{label}”列，各行都用给定的“{found}”。",
        'the table has no column "{label}"; "{found}", as given, is used for every row.',
    ),
    "total_row": (
        "“{found}”是合计行，没有作为数据读入。",
        '"{found}" is a row of totals and was not read as data.',
    ),
    "note_row": (
        "“{found}”是表外说明，没有作为数据读入。",
        '"{found}" is a note under the table and was not read as data.',
    ),
    "ending_differs": (
        "扩展名是“{found}”，内容其实是{content}；已按内容读入。",
        'the name ends in "{found}" but the content is {content}; it was read as that.',
    ),
    "encoding_detected": (
        "没有说明文字编码，按 {found} 读取，例如：{samples}。如是乱码，请指明编码。",
        "no text encoding is stated; read as {found}, for example: {samples}. If that is garbled, state the "
        "encoding.",
    ),
    "header_rows": (
        "表头有 {count} 行，已合成一行（如“{found}”）。请核对各列。",
        'the header has {count} rows; they were put together (such as "{found}"). Check the columns.',
    ),
    "total_column": (
        "这一列是并列各列的合计，已与它们核对，没有作为数据读入。",
        "this column is the total of those side by side; it was compared with them and not read as data.",
    ),
    "header_repeated": (
        "这一行是重复的表头，没有作为数据读入。",
        "this row repeats the header and was not read as data.",
    ),
    "numbering_row": (
        "这一行是栏次编号，没有作为数据读入。",
        "this row numbers the columns and was not read as data.",
    ),
    "total_differs": (
        "合计行写的是 {found}，各行之和是 {sum}，差 {difference}。请查清是漏了行，还是数填错了。",
        "the row of totals says {found}, the rows add up to {sum} ({difference}). Find out whether rows are "
        "missing or a number is wrong.",
    ),
    "row_total_differs": (
        "这一行的合计写的是 {found}，各年级（班）之和是 {sum}，差 {difference}。请核对。",
        "the total of this row says {found}, its parts add up to {sum} ({difference}). Check both.",
    ),
    "value_stated": (
        "表中没有“{label}”列；表外写明“{stated}”，各行都用 {found}。",
        'the table has no column "{label}"; the lines around it say "{stated}", so {found} is used for every '
        "row.",
    ),
    "as_of_differs": (
        "统计时点填的是 {given}，表里写的是 {found}。已按填的记录，请核对。",
        "the date of the data was given as {given}, the table says {found}. The one given is kept: check it.",
    ),
    "as_of_several": (
        "表里有几个统计时点：{dates}。没有记录其中任何一个，请核对后填写。",
        "the table states several dates of its data: {dates}. None of them was kept; check and give one.",
    ),
    "class_grade_differs": (
        "“{found}”里的年级与年级列的 {grade} 年级不符。请改正其中一个。",
        '"{found}" names another grade than the column of grades, {grade}. Correct one of them.',
    ),
    "grade_from_class": (
        "年级取自“{found}”列（如“三(2)班”“701班”）。请抽查。",
        'the grade was taken from the column "{found}", which names it together with the class. Check some '
        "rows.",
    ),
    "grade_from_intake": (
        "{count} 行的年级写的是入学年份（如“{found}”），已按学年换算成年级（如 {grade} 年级）。请抽查。",
        'in {count} rows the grade is the year of entry (such as "{found}"); it was worked out for the '
        "school year (such as grade {grade}). Check some of them.",
    ),
    "lines_closed": (
        "{count} 条闭合的线已作为面读入。",
        "{count} closed lines were read as polygons.",
    ),
    "file_left": (
        "“{found}”没有读取：{reason}",
        '"{found}" was not read: {reason}',
    ),
    "row_mended": (
        "{count} 行用了改好的数据，{left} 行已按改好的表删去。",
        "{count} rows were replaced by the mended ones, {left} were taken out as in the mended table.",
    ),
}
