"""What every figure in the README is measured with."""
