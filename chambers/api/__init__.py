"""The REST door of this app, and what the doors of the apps above share.

The framework loads the four classes named here while it is itself being loaded (they are its
defaults in the settings), so nothing that needs its views may be imported here.
"""

from chambers.api.auth import ScopedPermission, TokenAuthentication
from chambers.api.limits import Throttle
from chambers.api.pages import Pages

__all__ = ["Pages", "ScopedPermission", "Throttle", "TokenAuthentication"]
