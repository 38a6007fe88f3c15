"""The composition root: what pages, routes and commands do with lectures, jobs and clips."""
