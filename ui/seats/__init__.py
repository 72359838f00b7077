"""Sections of the page 学位, one file each: need, gap, the years ahead, exports, method."""
