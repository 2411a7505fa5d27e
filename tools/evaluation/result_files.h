// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "config/json.h"
#include "tools/evaluation/comparison.h"
#include "tools/evaluation/dataset.h"

namespace mimir::evaluation {

/// A file of results: its name and its bytes.
struct ResultFile {
  std::string name;
  std::string text;
};

/// Every figure as comma-separated values with a header, empty where undefined:
///
///   summary.csv    a line a learner, granularity, threshold rule and rate
///   confusion.csv  the same, split by path; "benign" is a path of its own
///   curves.csv     ROC and precision-recall, at most 500 points a curve
///   incidents.csv  every attack: when, over which path, how much
///   apart.csv      what is no theft, such as scans: a line a learner, granularity, rule and kind
///   windows.csv    every score of the benign passes and of every attacked window; a benign
///                  window of another pass if what came before it moved its score
[[nodiscard]] std::vector<ResultFile> csv_files(const Dataset& held_out,
                                                const Comparison& comparison);

/// What summary.csv and confusion.csv hold, as one JSON value.
[[nodiscard]] config::Json to_json(const Dataset& held_out, const Comparison& comparison);

}  // namespace mimir::evaluation
