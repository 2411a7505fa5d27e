// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "model/learn/model.h"
#include "tools/evaluation/comparison.h"
#include "tools/evaluation/dataset.h"

namespace mimir::report {

/// What a page about an evaluation is made of. Borrowed.
struct EvaluationReport {
  const learn::Model& model;
  const evaluation::Dataset& held_out;
  const evaluation::Dataset& training;  ///< without runs: only the model was judged
  const evaluation::Comparison& comparison;
  double attack_share = 0;  ///< 0: what really happened was judged
};

/// One self-contained page: what the model finds at each rate, over which path, how soon and
/// at what cost in false alerts; ROC and precision-recall curves; all learners side by side;
/// how it was measured. Equal input gives equal bytes.
[[nodiscard]] std::string to_html(const EvaluationReport& report);

}  // namespace mimir::report
