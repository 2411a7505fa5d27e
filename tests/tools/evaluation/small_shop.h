// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "model/analysis/reduced_window.h"
#include "tests/model/graph/wordpress.h"
#include "tools/evaluation/dataset.h"
#include "tools/injector/path_templates.h"

namespace mimir::test {

/// Three services of two pods each: web talks to app and outside, app to db, which holds
/// the data. Steady traffic that wobbles a little, so that an attack stands out.
struct SmallShop {
  SmallShop();

  /// Base windows of 10 s from the `first`-th of the grid on; equal seeds, equal windows.
  [[nodiscard]] std::vector<analysis::ReducedWindow> windows(std::size_t count, std::uint64_t seed,
                                                             WindowIndex first = 0) const;

  /// The run made of these windows; borrows them and the shop.
  [[nodiscard]] evaluation::RunInput run(std::string name,
                                         const std::vector<analysis::ReducedWindow>& windows) const;

  World world;
  std::vector<injector::TemplatePath> paths;  ///< db > app > outside, db > outside
};

/// A dataset without runs, for windows of 10 and 60 s.
[[nodiscard]] evaluation::Dataset empty_dataset();

}  // namespace mimir::test
