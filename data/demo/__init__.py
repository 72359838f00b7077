"""Generators of the synthetic demo city (合成数据); `data.make_demo` puts their layers together."""
