"""The parts of the deliberately dirty county (合成数据): see `data.make_dirty`."""
