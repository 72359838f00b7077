"""收表 on the page 数据, a file a step: sending out, receiving, reconciling."""
