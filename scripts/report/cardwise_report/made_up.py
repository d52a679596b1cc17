# SPDX-License-Identifier: Apache-2.0
"""Under which made-up names may a run be published? Stable ones, the same in each of its fields."""

import hashlib
import hmac

_HEX = 10  # digits of a made-up name: no two of a million cards alike


class Names:
    """Hosts, systems, serial numbers and identities -> names that tell nothing.

    The same name always becomes the same one, also in another run: by a keyed hash. Without a
    secret `salt` somebody who guesses a name can see that it is right. Free text is no name: it is
    left out by whoever publishes, since it may hold names that no column knows.
    """

    def __init__(self, salt: str) -> None:
        self._key = b"cardwise-report export" + salt.encode("utf-8", "surrogateescape")

    def _made(self, kind: str, value: str) -> str:
        if not value:
            return ""
        text = f"{kind}\0{value}".encode("utf-8", "surrogateescape")
        return f"{kind}-{hmac.new(self._key, text, hashlib.sha256).hexdigest()[:_HEX]}"

    def host(self, value: str) -> str:
        return self._made("host", value)

    def card(self, value: str) -> str:
        return self._made("card", value)

    def serial(self, value: str) -> str:
        return self._made("serial", value)

    def system(self, value: str) -> str:
        return self._made("system", value)

    def run(self, value: str) -> str:
        return self._made("run", value)
