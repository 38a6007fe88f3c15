"""What every request passes before a page or a route sees it."""
