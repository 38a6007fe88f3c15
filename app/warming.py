"""What pages need and the server does not: imported before anybody asks for a page."""

from __future__ import annotations

import gc


def warm() -> None:
    """Import what Streamlit brings in late: pandas alone takes a second of the first visit.

    All that stays is left out of later collections: Streamlit has one made after every run of a
    page, with everybody waiting, which took 120 ms.
    """
    import pandas  # noqa: F401  the tables of Review, Tune and Compare
    from PIL import Image

    Image.preinit()  # the readers of the page's icon
    gc.collect()
    gc.freeze()
