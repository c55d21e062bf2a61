"""What Illumina's own reader says of run folders: reference.py FOLDER... -> JSON."""
import json
import sys

import interop

said = {}
for folder in sys.argv[1:]:
    total = interop.summary(folder)[0]
    tiles = {(row["Lane"], row["Tile"]) for row in interop.imaging(folder)}
    said[folder] = {
        "Clusters": float(total["Cluster Count"]),
        "PF": float(total["Cluster Count Pf"]),
        "Q30": float(total["% >= Q30"]),
        "Tiles": len(tiles),
    }
json.dump(said, sys.stdout)
