#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The configurations that are shipped as profiles: each fits, and takes the memory it says."""

import pathlib
import re
import shutil

from mimir_case import OK, MimirCase, main

PROFILES = pathlib.Path(__file__).resolve().parents[2] / "config/profiles"


class Profiles(MimirCase):
    def test_every_profile_fits_and_takes_the_memory_it_says(self):
        self.train()
        (self.folder / "shop.mimir").rename(self.folder / "cluster.mimir")
        shutil.copy(self.folder / "benign/entities.jsonl", self.folder / "entities.jsonl")
        profiles = sorted(PROFILES.glob("*.yaml"))
        self.assertEqual([one.stem for one in profiles], ["100g", "10g", "lab", "node"])
        for profile in profiles:
            with self.subTest(profile.stem):
                text = profile.read_text(encoding="utf-8")
                self.write(profile.name, text.replace("/var/lib/mimir/", ""))
                self.expect(self.call("check", "--config", profile.name), OK)
                # The ports are another machine's: what is missing here is not looked at.
                checked = self.call("check", "--config", profile.name, "--machine").stdout
                sum_mb = float(re.search(r"(?m)^memory +([\d.]+) MB  in sum", checked)[1])
                stated, unit = re.search(r"#   memory +([\d.]+) (MB|GB),", text).groups()
                digits = len(stated.partition(".")[2])
                self.assertEqual(stated, f"{sum_mb / (1000 if unit == 'GB' else 1):.{digits}f}")


if __name__ == "__main__":
    main()
