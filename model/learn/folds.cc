// SPDX-License-Identifier: Apache-2.0
#include "model/learn/folds.h"

#include <algorithm>
#include <cassert>
#include <map>
#include <tuple>
#include <utility>

namespace mimir::learn {

Folds contiguous_folds(std::size_t row_count, std::uint32_t fold_count) {
  assert(fold_count > 0);
  const std::size_t count = std::min<std::size_t>(fold_count, row_count);
  Folds folds;
  folds.reserve(row_count);
  for (std::size_t fold = 0; fold < count; ++fold) {
    const std::size_t size = row_count / count + (fold < row_count % count ? 1 : 0);
    folds.insert(folds.end(), size, static_cast<std::uint32_t>(fold));
  }
  return folds;
}

Folds group_folds(std::span<const std::string> groups, std::span<const std::uint8_t> attack,
                  std::uint32_t fold_count) {
  assert(fold_count > 0 && attack.size() == groups.size());
  struct Group {
    std::size_t attack_count = 0;
    std::size_t row_count = 0;
    std::size_t number = 0;  // in order of first appearance
    std::uint32_t fold = 0;
  };
  std::vector<Group> all;
  std::vector<std::size_t> group_of_row;
  std::map<std::string, std::size_t> numbers;
  for (std::size_t row = 0; row < groups.size(); ++row) {
    const auto [place, is_new] = numbers.emplace(groups[row], all.size());
    if (is_new) all.push_back({.number = all.size()});
    Group& group = all[place->second];
    ++group.row_count;
    if (attack[row] != 0) ++group.attack_count;
    group_of_row.push_back(place->second);
  }

  std::vector<Group*> by_size;
  by_size.reserve(all.size());
  for (Group& group : all) by_size.push_back(&group);
  std::stable_sort(by_size.begin(), by_size.end(), [](const Group* a, const Group* b) {
    return std::tie(b->attack_count, b->row_count) < std::tie(a->attack_count, a->row_count);
  });
  std::vector<std::pair<std::size_t, std::size_t>> load(
      std::min<std::size_t>(fold_count, all.size()));
  for (Group* group : by_size) {
    // The first of the least; an empty fold is less than any other, so none stays empty.
    const auto least = std::min_element(load.begin(), load.end());
    const auto chosen = static_cast<std::size_t>(least - load.begin());
    load[chosen].first += group->attack_count;
    load[chosen].second += group->row_count;
    group->fold = static_cast<std::uint32_t>(chosen);
  }

  Folds folds;
  folds.reserve(group_of_row.size());
  for (const std::size_t group : group_of_row) folds.push_back(all[group].fold);
  return folds;
}

}  // namespace mimir::learn
