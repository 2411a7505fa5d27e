// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <optional>
#include <set>
#include <utility>
#include <vector>

namespace mimir::injector {

/// The simple paths from one node of a directed graph to another, the shortest first, of
/// equally long ones the one whose nodes come first: Yen's algorithm (Management Science
/// 17(11), 1971), with breadth-first search for the shortest of each deviation.
///
/// Threads: one owner. Cost: the k-th path, of n nodes, takes up to n searches of the graph;
/// memory holds the paths found and their deviations.
class SimplePaths {
 public:
  using Path = std::vector<std::size_t>;

  /// `next[i]` are the nodes that node i leads to, ascending.
  SimplePaths(std::vector<std::vector<std::size_t>> next, std::size_t from, std::size_t to);

  /// The next path; none when all were found.
  [[nodiscard]] std::optional<Path> find_next();

 private:
  /// By length, then by nodes.
  struct Order {
    bool operator()(const Path& a, const Path& b) const {
      return a.size() != b.size() ? a.size() < b.size() : a < b;
    }
  };

  void add_deviations(const Path& path);
  /// Extends `root`, whose last node may go on to none of `closed`, by the first shortest way
  /// to the end that meets none of its nodes.
  [[nodiscard]] std::optional<Path> extended(Path root, const std::set<std::size_t>& closed) const;

  std::vector<std::vector<std::size_t>> next_;
  std::vector<std::vector<std::size_t>> previous_;
  std::size_t from_;
  std::size_t to_;
  std::vector<Path> found_;
  std::set<Path, Order> candidates_;
};

}  // namespace mimir::injector
