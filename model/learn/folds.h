// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace mimir::learn {

/// The fold each row is judged in: folds[row] in 0 .. fold_count - 1, none empty.
using Folds = std::vector<std::uint32_t>;

/// Contiguous runs of rows, unshuffled; the first rows % fold_count folds hold one
/// row more. Fewer folds when there are fewer rows.
[[nodiscard]] Folds contiguous_folds(std::size_t row_count, std::uint32_t fold_count);

/// Folds that hold a group's rows together or not at all: rows of one run resemble
/// each other, and a fold that shares a run with its training part flatters itself.
/// Fewer folds when there are fewer groups.
///
/// Largest first: groups in order of (attack rows, rows, first appearance) go each
/// to the fold that has the fewest (attack rows, rows).
/// REQUIRES: attack.size() == groups.size().
[[nodiscard]] Folds group_folds(std::span<const std::string> groups,
                                std::span<const std::uint8_t> attack, std::uint32_t fold_count);

}  // namespace mimir::learn
