// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "model/learn/train.h"

namespace mimir::learn {

/// Two runs of `window_count` windows of 10 s and their sums of 60 s. A minute in
/// five is attacked: "share" rises from about 0.5 by 4 and "flow" from about 100 by
/// 40; "noise" and "steady" tell nothing; "never" has no value in benign windows.
[[nodiscard]] FeatureTable separable_table(std::size_t window_count);

/// That table with every field of its context filled.
[[nodiscard]] TrainingSet separable_set(std::size_t window_count);

/// A model small enough to reckon by hand: granularities 10 s and 60 s, three features.
[[nodiscard]] Model small_model();

}  // namespace mimir::learn
