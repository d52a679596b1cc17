# SPDX-License-Identifier: Apache-2.0
"""Under which made-up names may a run be published? Stable ones, the same in each of its fields."""

import hashlib
import hmac
import re

from cardwise_report.cards import identity
from cardwise_report.summary import Summary

_LEAST = 3  # shorter names would be found in the middle of words
_HEX = 10  # digits of a made-up name: no two of a million cards alike


class Names:
    """Hosts, systems, serial numbers and identities of a run -> names that tell nothing.

    The same name always becomes the same one, also in another run: by a keyed hash. Without a
    secret `salt` somebody who guesses a name can see that it is right.
    """

    def __init__(self, run: Summary, salt: str) -> None:
        self._key = b"cardwise-report export" + salt.encode("utf-8", "surrogateescape")
        self._run_id = run.about["run_id"]
        known: dict[str, str] = {}

        def learn(values, make) -> None:
            for value in values:
                if len(value) >= _LEAST:
                    known.setdefault(value, make(value))

        ranks, count = run.ranks, len(run.ranks["rank"])
        learn((identity(ranks, r) for r in range(count)), self.card)
        learn(ranks["device_uuid"], self.card)
        learn(ranks["device_serial"], self.serial)
        learn(ranks["host"], self.host)
        learn(run.tables["nodes"]["host"], self.host)
        # the system often names the site; it is no host, but tells as much
        learn([run.about["system"]], self.system)
        learn([run.about["run_id"]], lambda _: self.run())
        words = sorted(known, key=len, reverse=True)  # the longest first: node10 before node1
        self._known = known
        self._pattern = re.compile("|".join(map(re.escape, words)), re.I) if words else None
        self._folded = {name.lower(): made for name, made in known.items()}

    def _made(self, kind: str, value: str) -> str:
        text = f"{kind}\0{value}".encode("utf-8", "surrogateescape")
        return f"{kind}-{hmac.new(self._key, text, hashlib.sha256).hexdigest()[:_HEX]}"

    def host(self, value: str) -> str:
        return self._made("host", value) if value else ""

    def card(self, value: str) -> str:
        return self._made("card", value) if value else ""

    def serial(self, value: str) -> str:
        return self._made("serial", value) if value else ""

    def system(self, value: str) -> str:
        return self._made("system", value) if value else ""

    def run(self) -> str:
        return self._made("run", self._run_id)

    def text(self, value: str) -> str:
        """Free text with every known name in it replaced."""
        if self._pattern is None:
            return value
        return self._pattern.sub(lambda found: self._folded.get(found[0].lower(), "name"), value)
