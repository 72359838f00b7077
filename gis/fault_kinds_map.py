"""Wordings of faults in geometries and between layers; see :mod:`gis.fault_kinds` for what a template is."""

from __future__ import annotations

GEOMETRY: dict[str, tuple[str, str]] = {
    "geometry_missing": (
        "没有位置。请补上几何或坐标。",
        "has no location. Add its geometry or coordinates.",
    ),
    "geometry_type": (
        "几何是{seen}，应为{expected}。请改正或放到对应的图层。",
        "the geometry is a {seen}; expected {expected}. Mend it or put it in the layer it belongs to.",
    ),
    "geometry_invalid": (
        "几何有错，自动修复会改变形状（{reason}）。请在 GIS 软件中修复后再导入。",
        "the geometry is invalid and a repair would change its shape ({reason}). Mend it in a GIS first.",
    ),
    "geometry_unreadable": (
        "“{found}”读不成几何。应为 WKT，如 POINT (111.2 39.8)。",
        '"{found}" cannot be read as a geometry. Expected WKT such as POINT (111.2 39.8).',
    ),
    "coordinate_not_number": (
        "坐标“{found}”不是数。经纬度请写成十进制度（如 111.2034），不要写度分秒。",
        'the coordinate "{found}" is not a number. Write degrees as decimals (111.2034), not degrees and '
        "minutes.",
    ),
    "coordinate_outlier": (
        "坐标（{found}）和其他行不在一处，与坐标系“{crs}”不符。请核对是否抄错、写反或用了另一种坐标系。",
        "the coordinates ({found}) are far from the others and do not fit {crs}. Look for a slip, swapped "
        "columns or another coordinate system.",
    ),
    "crs_unknown": (
        "坐标系不能确定：{reason}请指明坐标系（如 EPSG:4546，或“local”表示独立坐标、单位米）。",
        "the coordinate system is not certain: {reason} Say which it is (for example EPSG:4546, or local "
        "for a local grid in metres).",
    ),
    "crs_conflict": (
        "声明的坐标系“{found}”与坐标不符：{reason}请改正坐标系声明，或核对数据。",
        'the declared coordinate system "{found}" contradicts the coordinates: {reason} Correct the '
        "declaration or the data.",
    ),
    "crs_not_understood": (
        "“{found}”不是认得的坐标系。应写成 EPSG:4546 这样的代码，或 local。",
        '"{found}" is not a coordinate system that is known. Write a code such as EPSG:4546, or local.',
    ),
    "crs_local": (
        "数据用的是独立坐标（没有与经纬度的关系），不能换算到“{found}”。请换用有坐标系的数据。",
        'the data are on a local grid with no relation to longitude and latitude; they cannot be put into "'
        '{found}".',
    ),
    "seven_range": (
        "七参数（{found}）不像真的：平移应在 1 万米以内，旋转在 100 角秒以内，尺度在 500 ppm 以内。"
        "请核对单位：平移用米，旋转用角秒，尺度用 ppm（百万分之一）。",
        "the seven parameters ({found}) cannot be real: translations stay within 10,000 m, rotations within "
        "100 arc-seconds, scale within 500 ppm. Check the units: metres, arc-seconds, parts per million.",
    ),
    "control_too_few": (
        "只有 {found} 个可用的控制点，{method}至少要 {least} 个（多一个才能发现抄错）。请补充控制点。",
        "only {found} control points can be used; a {method} takes at least {least}, one more than it needs, "
        "so that a slip shows. Add points.",
    ),
    "control_collinear": (
        "{count} 个控制点在同一处或排成一条线，定不住方向。请在线的两侧补充控制点。",
        "the {count} control points lie on one spot or in a line, which leaves the fit loose. Add points to "
        "both sides of the line.",
    ),
    "control_outside": (
        "控制点“{found}”的已知坐标（{place}）不在“{crs}”的范围内。请核对坐标，或改选它的坐标系。",
        'the known place of control point "{found}" ({place}) lies outside {crs}. Check it, or choose the '
        "system it is in.",
    ),
    "control_degrees": (
        "控制点拟合要用平面坐标（米），“{found}”是经纬度。请用投影后的坐标，或填七参数。",
        'control points are fitted in plane metres; "{found}" is in degrees. Use projected coordinates, or '
        "give seven parameters.",
    ),
}

GEOMETRY_NOTES: dict[str, tuple[str, str]] = {
    "geometry_repaired": (
        "几何有小错（{reason}），已修复，面积变化 {share}%。请在地图上看一眼。",
        "the geometry had a small error ({reason}) and was repaired; its area changed by {share} %. Look "
        "at the map.",
    ),
    "geometry_collapsed": (
        "面的面积为 0（{reason}），已按一个点读入。请核对，最好补上真正的边界。",
        "the polygon has no area ({reason}); it is read as a point. Check it, and better draw its bounds.",
    ),
    "polygons_overlap": (
        "“{found}”与“{other}”（第 {other_row} 行）重叠，占其中较小者的 {share}%。"
        "重叠处归谁说不清：请改画边界，或删去旧的图斑。",
        '"{found}" overlaps "{other}" (row {other_row}) by {share} % of the smaller one. Whose the common '
        "part is cannot be told: redraw one of them, or delete an outdated one.",
    ),
    "place_far": (
        "位置（{found}）离其他行很远，最近的也有 {kilometres} 公里。请核对坐标是否抄错。",
        "this place ({found}) is far from the others, {kilometres} km from the nearest. Look for a slip in "
        "its coordinates.",
    ),
    "geometry_flattened": (
        "{count} 个几何带高程，已只留平面坐标。",
        "{count} geometries carried heights; only the plane coordinates are kept.",
    ),
    "datum_assumed": (
        "经纬度没有说明基准，按 {crs} 读入。如果取自高德、腾讯（GCJ-02）或百度（BD-09）地图，会偏 100 至 "
        "700 米：请指明。",
        "longitude and latitude name no datum; read as {crs}. Points taken from Amap or Tencent (GCJ-02) "
        "or Baidu (BD-09) maps are 100 to 700 m off: say so if they are.",
    ),
    "axes_swapped": (
        "横、纵坐标写反了（{found}），已对调。测量坐标的 X 是北、Y 是东。请在地图上核对。",
        "the two coordinates are the other way round ({found}) and were exchanged; in Chinese surveying X "
        "is north. Check on the map.",
    ),
    "crs_accuracy": (
        "从“{found}”换算到“{target}”没有公开的精确参数，位置可能偏差几十到上百米。最好向自然资源局要 "
        "CGCS2000 的数据。",
        'there are no public exact parameters from "{found}" to "{target}": positions may be tens of '
        "metres off. Ask the survey office for the data in CGCS2000.",
    ),
    "seven_radians": (
        "七参数（{found}）的旋转或尺度特别小，可能用了弧度或倍数。旋转应为角秒，尺度应为 ppm，请核对。",
        "the rotations or the scale of the seven parameters ({found}) are very small; they may be radians or "
        "a factor. Rotations are in arc-seconds, the scale in ppm: check.",
    ),
    "control_outlier": (
        "控制点“{found}”和其他点对不上：按其他点推算，它偏了 {metres} 米。"
        "请核对它的两套坐标，或去掉它再拟合。",
        'control point "{found}" does not agree with the others: they put it {metres} m away. Check both its '
        "places, or leave it out.",
    ),
    "control_rough": (
        "控制点之间对得不好，中误差 {found} 米，看不出是哪个点错。请核对每个点的两套坐标。",
        "the control points agree poorly, {found} m root mean square, and no single one stands out. Check "
        "both places of each.",
    ),
    "control_scale": (
        "拟合的比例是 {found}，与 1 相差很大。请核对单位（应为米）和点的对应关系。",
        "the scale of the fit is {found}, far from 1. Check the units (metres) and which point is which.",
    ),
    "control_swapped": (
        "两个坐标的次序与控制点相反（X 是北、Y 是东），拟合时已对调。",
        "the two coordinates are the other way round than the known places (X is north); the fit exchanges "
        "them.",
    ),
    "web_outside": (
        "{count} 行在中国范围之外，网络地图在那里不加偏移，这些点没有换算。请核对。",
        "{count} rows lie outside China, where web maps do not shift places; they were left as they are. "
        "Check them.",
    ),
}

PROJECT: dict[str, tuple[str, str]] = {
    "layer_missing": (
        "项目里没有“{layer}”图层，做{purpose}要用它。请导入。",
        'the project has no layer "{layer}", which is needed for {purpose}. Import it.',
    ),
    "crs_differs": (
        "坐标系是“{found}”，其他图层是“{expected}”。请换算成同一个。",
        'the coordinate system is "{found}", that of the other layers "{expected}". Convert it.',
    ),
    "reference_unknown": (
        "“{found}”在{target}图层里没有。请核对编号，或先补上它。{hint}",
        '"{found}" is not in the layer {target}. Check the id, or add it there first. {hint}',
    ),
    "reference_ambiguous": (
        "“{found}”是名称，{target}图层里有 {count} 个同名。请改填编号：{ids}。",
        '"{found}" is a name that {count} rows of the layer {target} bear. Write the id instead: {ids}.',
    ),
    "zone_unknown": (
        "片区“{found}”没有学校。请核对片区编号，或在学校图层里给学校填上它。",
        'the catchment "{found}" has no school. Check its id, or enter it for a school.',
    ),
    "zone_without_stage": (
        "片区“{found}”没有招收{stage}的学校，却划入了{stage}的小区或村。请核对。",
        'the catchment "{found}" has no {stage} school, yet {stage} units are assigned to it. Check both.',
    ),
}

PROJECT_NOTES: dict[str, tuple[str, str]] = {
    "reference_by_name": (
        "“{found}”不是编号，按名称认作 {target} {id}。",
        '"{found}" is not an id; by its name it was taken for {target} {id}.',
    ),
    "unit_unassigned": (
        "“{name}”（{found}）在 {year} 学年的{stage}片区里没有归属。请划入一个片区。",
        '"{name}" ({found}) is in no {stage} catchment in {year}. Assign it to one.',
    ),
    "outside_area": (
        "“{name}”（{found}）在行政区范围之外 {metres} 米。请核对位置或坐标系。",
        '"{name}" ({found}) lies {metres} m outside the study area. Check its place or the coordinate '
        "system.",
    ),
    "class_sum_differs": (
        "{year} 学年“{name}”{grade} 年级各班合计 {classes} 人，在校生表是 {enrolment} 人，差 {difference} "
        "人。请查清哪个对。",
        'in {year} the classes of "{name}" grade {grade} add up to {classes}, the enrolment table says '
        "{enrolment} ({difference}). Find out which is right.",
    ),
    "grade_not_taught": (
        "“{name}”只教 {lowest} 至 {highest} 年级，却有 {year} 学年 {found} 年级的数据。请核对。",
        '"{name}" teaches grades {lowest} to {highest}, yet has data for grade {found} in {year}. Check '
        "both.",
    ),
    "kind_differs": (
        "学校类别是{kind}，年级却是 {lowest} 至 {highest}。请核对。",
        "the school is a {kind} but teaches grades {lowest} to {highest}. Check both.",
    ),
    "zone_private": (
        "片区“{found}”里只有民办学校。就近划片只用公办学位，请核对。",
        'the catchment "{found}" has only private schools. Catchments rest on public seats; check it.',
    ),
    "same_place": (
        "“{name}”与“{other}”在同一位置。请核对是否重复，或坐标抄错。",
        '"{name}" and "{other}" are at the same place. Check for a duplicate or a slip in the coordinates.',
    ),
    "class_size_unlikely": (
        "“{class}”班 {found} 人，很少见。请核对。",
        "class {class} has {found} pupils, which is rare. Check it.",
    ),
    "years_missing": (
        "缺 {found} 学年。预测按年递推，缺年会降低精度，请补上。",
        "the years {found} are missing. Forecasts go from year to year and lose accuracy: add them.",
    ),
    "district_unknown": (
        "“{found}”不在学校或行政区的区县名里。请统一写法。{hint}",
        '"{found}" is not among the districts of the schools or areas. Use one spelling. {hint}',
    ),
}
