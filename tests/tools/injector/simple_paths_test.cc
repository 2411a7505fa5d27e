// SPDX-License-Identifier: Apache-2.0
#include "tools/injector/simple_paths.h"

#include <algorithm>
#include <vector>

#include <gtest/gtest.h>

#include "tests/random.h"

namespace mimir::injector {
namespace {

using Path = SimplePaths::Path;
using Graph = std::vector<std::vector<std::size_t>>;

// Every simple path, by trying all.
void all_paths(const Graph& graph, std::size_t to, Path& path, std::vector<Path>& found) {
  if (path.back() == to) {
    found.push_back(path);
    return;
  }
  for (const std::size_t next : graph[path.back()]) {
    if (std::find(path.begin(), path.end(), next) != path.end()) continue;
    path.push_back(next);
    all_paths(graph, to, path, found);
    path.pop_back();
  }
}

std::vector<Path> sorted_paths(const Graph& graph, std::size_t from, std::size_t to) {
  std::vector<Path> found;
  Path path = {from};
  all_paths(graph, to, path, found);
  std::sort(found.begin(), found.end(), [](const Path& a, const Path& b) {
    return a.size() != b.size() ? a.size() < b.size() : a < b;
  });
  return found;
}

TEST(SimplePaths, AreAllThatTryingEverythingFindsInTheSameOrder) {
  test::Random random(7);
  std::size_t path_count = 0;
  for (int round = 0; round < 600; ++round) {
    const std::size_t size = 2 + random.below(6);
    const std::uint64_t share = 1 + random.below(9);
    Graph graph(size);
    for (std::size_t i = 0; i < size; ++i) {
      for (std::size_t j = 0; j < size; ++j) {
        if (i != j && random.below(10) < share) graph[i].push_back(j);
      }
    }
    const std::size_t from = random.below(size);
    const std::size_t to = (from + 1 + random.below(size - 1)) % size;
    SimplePaths search(graph, from, to);
    for (const Path& expected : sorted_paths(graph, from, to)) {
      const auto path = search.find_next();
      ASSERT_TRUE(path);
      ASSERT_EQ(*path, expected);
      ++path_count;
    }
    ASSERT_FALSE(search.find_next()) << "there are no more";
  }
  EXPECT_GT(path_count, 5000U);
}

// Twenty diamonds in a row have 2^20 paths, and behind a wall 2^20 ways that lead nowhere.
TEST(SimplePaths, FindsTheFirstOfManyWithoutLookingAtTheRest) {
  constexpr std::size_t kDiamonds = 20;
  Graph graph(3 * kDiamonds + 2);
  for (std::size_t i = 0; i < kDiamonds; ++i) {
    graph[3 * i] = {3 * i + 1, 3 * i + 2};
    graph[3 * i + 1] = {3 * i + 3};
    graph[3 * i + 2] = {3 * i + 3};
  }
  SimplePaths search(graph, 0, 3 * kDiamonds);
  std::vector<Path> found;
  for (int i = 0; i < 50; ++i) found.push_back(search.find_next().value());
  EXPECT_TRUE(std::is_sorted(found.begin(), found.end()));
  EXPECT_EQ(std::adjacent_find(found.begin(), found.end()), found.end());
  EXPECT_FALSE(SimplePaths(graph, 0, 3 * kDiamonds + 1).find_next());
}

}  // namespace
}  // namespace mimir::injector
