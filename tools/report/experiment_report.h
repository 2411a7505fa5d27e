// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <span>
#include <string>

#include "tools/experiment/aggregate.h"

namespace mimir::report {

/// One self-contained page about many experiments: for every application F1 by rate, by load,
/// by distance of the action mix, by granularity and by amount of training data, each also a
/// line a granularity; what differs in one thing in one figure; and false alerts. A curve is of the
/// rows that differ from the first experiment in nothing else; its bars reach from the worst seed
/// to the best. Equal input gives equal bytes.
///
/// `planned` is how many experiments there should be: what is missing is said.
[[nodiscard]] std::string to_html(std::span<const experiment::Row> rows, std::size_t finished,
                                  std::size_t planned);

}  // namespace mimir::report
