"""What the package for the cloud is built of."""

import subprocess
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


class Package(unittest.TestCase):
    def test_the_package_for_the_cloud_has_no_clock_that_can_be_moved(self):
        self.assertIn('feature "simulated"', features("--workspace"), "the name of the feature has changed")
        self.assertNotIn('feature "simulated"', features("--package", "bootstrap", "--edges", "normal,features"))


def features(*of):
    """Of the crates of this workspace that are built, a line each."""
    command = ["cargo", "tree", "--prefix", "none", *(of if "--edges" in of else (*of, "--edges", "all,features"))]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    return done.stdout


if __name__ == "__main__":
    unittest.main()
