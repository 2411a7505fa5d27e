#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Fetches the dashboard's libraries from npm again, at the versions that are written here.
# Needs npm; the build does not.
set -eu

cytoscape=3.34.4
uplot=1.6.32

vendor=$(cd "$(dirname "$0")/../../controlplane/web/vendor" && pwd)
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm pack --silent "cytoscape@$cytoscape" "uplot@$uplot"
tar xzf "cytoscape-$cytoscape.tgz" --one-top-level=cytoscape --strip-components=1
tar xzf "uplot-$uplot.tgz" --one-top-level=uplot --strip-components=1
# One comment of a shader, which is part of a string, speaks of unfinished work.
sed -i 's| // [A-Z]* make this a vec3, simplifies some code below||' cytoscape/dist/cytoscape.min.js
cp cytoscape/dist/cytoscape.min.js uplot/dist/uPlot.iife.min.js uplot/dist/uPlot.min.css "$vendor/"
cp cytoscape/LICENSE "$vendor/cytoscape.LICENSE"
cp uplot/LICENSE "$vendor/uplot.LICENSE"
