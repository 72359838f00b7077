"""Sections of the page 预测."""
