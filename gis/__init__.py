"""Layers, coordinate systems, territories, walking distance, hotspots and maps (地图与数据)."""
