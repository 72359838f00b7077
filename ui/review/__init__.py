"""The page 评审: plans on linked maps, what they change for whom, and what a meeting says of them."""
