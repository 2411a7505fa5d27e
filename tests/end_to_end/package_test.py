#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The package as an administrator has it: judged by lintian and systemd, then installed,
upgraded, removed and purged in a Debian made for that.

Called with the build folder. What a machine lacks is skipped, saying so; the root of Debian
needs the network of its packages, so it is made only where MIMIR_PACKAGE_ROOT names the
archive of one (mmdebstrap --variant=apt bookworm ROOT.tar) or may be made: MIMIR_PACKAGE_ROOT=make.
"""

import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

SKIP = 77
TREE = pathlib.Path(__file__).resolve().parents[2]
UNIT = TREE / "tools/package/mimir.service"
EXPOSURE_MAX = 3.0
STATE = ["/etc/mimir", "/var/lib/mimir", "/var/log/mimir"]


def call(*words, **options):
    return subprocess.run([str(word) for word in words], capture_output=True, text=True,
                          check=False, **options)


def need(case, *tools):
    lacking = [tool for tool in tools if shutil.which(tool) is None]
    if lacking:
        case.skipTest(f"not installed: {', '.join(lacking)}")


class Package(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        temporary = tempfile.TemporaryDirectory(prefix="mimir-package-")
        cls.addClassCleanup(temporary.cleanup)
        cls.folder = pathlib.Path(temporary.name)
        if any(shutil.which(tool) is None for tool in ["dpkg-deb", "dpkg-shlibdeps"]):
            raise unittest.SkipTest("not installed: dpkg-deb, dpkg-shlibdeps")
        built = call(TREE / "tools/package/build_deb.sh", BUILD, cwd=TREE)
        if "installs elsewhere" in built.stderr:
            raise unittest.SkipTest(built.stderr)
        if built.returncode != 0:
            raise AssertionError(built.stderr)
        cls.deb = TREE / built.stdout.strip()

    def test_what_is_in_it(self):
        listed = call("dpkg-deb", "--contents", self.deb)
        modes = {line.split()[-1]: line.split()[:2] for line in listed.stdout.splitlines()}
        for path in ["./usr/bin/mimir", "./lib/systemd/system/mimir.service",
                     "./etc/mimir/mimir.yaml", "./etc/logrotate.d/mimir",
                     "./usr/lib/sysusers.d/mimir.conf", "./usr/lib/tmpfiles.d/mimir.conf",
                     "./usr/share/mimir/prometheus/rules.yml",
                     "./usr/share/mimir/profiles/10g.yaml", "./usr/share/doc/mimir/mimir.cdx.json",
                     "./usr/share/mimir/grafana/mimir.json",
                     "./usr/share/mimir/kubernetes/reader.yaml"]:
            self.assertIn(path, modes)
            self.assertEqual(modes[path][1], "root/root", path)
        fields = call("dpkg-deb", "--field", self.deb).stdout
        # Drivers are loaded by name: no linker sees them.
        self.assertRegex(fields, r"Depends: .*\blibc6 .*, librte-meta-net")
        self.assertRegex(fields, r"Depends: .*\blibrte-eal")
        conffiles = call("dpkg-deb", "--info", self.deb, "conffiles").stdout.split()
        self.assertEqual(conffiles, ["/etc/logrotate.d/mimir", "/etc/mimir/mimir.yaml"])

    def test_lintian_finds_no_error(self):
        need(self, "lintian")
        checked = call("lintian", "--fail-on", "error", self.deb, cwd=self.folder)
        self.assertEqual(checked.returncode, 0, checked.stdout + checked.stderr)

    def test_systemd_understands_the_unit_and_finds_it_safe(self):
        need(self, "systemd-analyze")
        root = self.folder / "unit"
        (root / "usr/bin").mkdir(parents=True)
        shutil.copy(shutil.which("true"), root / "usr/bin/mimir")
        text = UNIT.read_text(encoding="utf-8").replace("/usr/bin/mimir", "/usr/bin/true")
        (root / "mimir.service").write_text(text, encoding="utf-8")
        verified = call("systemd-analyze", "verify", root / "mimir.service")
        self.assertEqual((verified.returncode, verified.stderr.strip()), (0, ""))
        judged = call("systemd-analyze", "security", "--offline=true", UNIT)
        exposure = float(re.search(r"exposure level for \S+: ([\d.]+)", judged.stdout)[1])
        self.assertLess(exposure, EXPOSURE_MAX, judged.stdout)

    def test_logrotate_understands_its_file(self):
        need(self, "logrotate")
        state = self.folder / "state"
        text = (TREE / "tools/package/mimir.logrotate").read_text(encoding="utf-8")
        copy = self.folder / "logrotate"
        copy.write_text(text.replace("su mimir mimir", "su root root"), encoding="utf-8")
        os.chmod(copy, 0o644)
        checked = call("logrotate", "--debug", "--state", state, copy)
        self.assertEqual(checked.returncode, 0, checked.stderr)
        self.assertNotIn("error:", checked.stderr)

    def test_sysusers_and_tmpfiles_make_a_user_without_rights(self):
        need(self, "systemd-sysusers")
        root = self.folder / "users"
        (root / "etc").mkdir(parents=True)
        made = call("systemd-sysusers", f"--root={root}", TREE / "tools/package/mimir.sysusers")
        self.assertEqual(made.returncode, 0, made.stderr)
        passwd = (root / "etc/passwd").read_text(encoding="utf-8")
        self.assertRegex(passwd, r"(?m)^mimir:x:[1-9]\d*:[1-9]\d*:.*:/usr/sbin/nologin$")

    def root_of_debian(self):
        if os.geteuid() != 0:
            self.skipTest("only root can enter a root of its own")
        archive = os.environ.get("MIMIR_PACKAGE_ROOT", "")
        if not archive:
            self.skipTest("MIMIR_PACKAGE_ROOT names no archive of a Debian root")
        if archive == "make":
            need(self, "mmdebstrap")
            archive = self.folder / "root.tar"
            lists = [pathlib.Path("/etc/apt/sources.list"),
                     *pathlib.Path("/etc/apt/sources.list.d").glob("debian.*")]
            made = call("mmdebstrap", "--variant=apt", "bookworm", archive,
                        *(path for path in lists if path.exists()))
            if made.returncode != 0:
                self.skipTest(f"no root can be made: {made.stderr.strip()[-300:]}")
        root = self.folder / "root"
        root.mkdir()
        unpacked = call("tar", "--extract", "--file", archive, "--directory", root)
        self.assertEqual(unpacked.returncode, 0, unpacked.stderr)
        shutil.copy("/etc/resolv.conf", root / "etc/resolv.conf")
        return root

    def test_it_is_installed_upgraded_removed_and_purged(self):
        root = self.root_of_debian()
        self.assertIsNotNone(root)

        def inside(*words, code=0):
            done = call("chroot", root, "env", "DEBIAN_FRONTEND=noninteractive", "LC_ALL=C", *words)
            self.assertEqual(done.returncode, code, done.stdout[-2000:] + done.stderr[-2000:])
            return done.stdout + done.stderr

        def there(path):
            return (root / path.lstrip("/")).exists()

        shutil.copy(self.deb, root / "mimir.deb")
        updated = call("chroot", root, "apt-get", "update")
        if updated.returncode != 0:
            self.skipTest(f"apt has no network here: {updated.stderr.strip()[-300:]}")
        inside("apt-get", "install", "-y", "--no-install-recommends", "/mimir.deb")
        self.assertIn("mimir", inside("mimir", "--version") + inside("mimir", "--help"))
        owner = inside("stat", "-c", "%U:%G %a", *STATE).split("\n")
        self.assertEqual(owner[:3], ["root:mimir 750", "mimir:mimir 750", "mimir:mimir 750"])
        # The configuration it brings is sound but for what it cannot know.
        said = inside("mimir", "check", "--config", "/etc/mimir/mimir.yaml", code=2)
        self.assertIn("/var/lib/mimir/cluster.mimir", said)
        self.assertNotIn("unknown key", said)

        # What an administrator wrote, and what was found, outlives an upgrade and a removal.
        config = root / "etc/mimir/mimir.yaml"
        config.write_text(config.read_text(encoding="utf-8") + "# mine\n", encoding="utf-8")
        (root / "var/log/mimir/alerts.jsonl").write_text("{}\n", encoding="utf-8")
        newer = self.folder / "newer"
        call("dpkg-deb", "--raw-extract", self.deb, newer)
        control = newer / "DEBIAN/control"
        control.write_text(re.sub(r"(?m)^(Version: .*)$", r"\1+1", control.read_text()))
        call("dpkg-deb", "--root-owner-group", "--build", newer, root / "newer.deb")
        inside("dpkg", "--install", "/newer.deb")
        self.assertIn("# mine", config.read_text(encoding="utf-8"))
        inside("dpkg", "--remove", "mimir")
        self.assertFalse(there("/usr/bin/mimir"))
        self.assertTrue(there("/etc/mimir/mimir.yaml"))
        self.assertTrue(there("/var/log/mimir/alerts.jsonl"))
        inside("dpkg", "--purge", "mimir")
        for path in STATE + ["/etc/logrotate.d/mimir", "/lib/systemd/system/mimir.service"]:
            self.assertFalse(there(path), path)


if __name__ == "__main__":
    BUILD = sys.argv.pop(1) if len(sys.argv) > 1 else ".build/release"
    program = unittest.main(exit=False, verbosity=2)
    if not program.result.wasSuccessful():
        sys.exit(1)
    ran = program.result.testsRun
    sys.exit(SKIP if program.result.skipped and len(program.result.skipped) >= ran else 0)
