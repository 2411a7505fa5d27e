// SPDX-License-Identifier: Apache-2.0
#include "tools/injector/simple_paths.h"

#include <algorithm>
#include <limits>

namespace mimir::injector {

SimplePaths::SimplePaths(std::vector<std::vector<std::size_t>> next, std::size_t from,
                         std::size_t to)
    : next_(std::move(next)), previous_(next_.size()), from_(from), to_(to) {
  for (std::size_t node = 0; node < next_.size(); ++node) {
    for (const std::size_t other : next_[node]) previous_[other].push_back(node);
  }
  if (auto first = extended({from_}, {})) candidates_.insert(std::move(*first));
}

std::optional<SimplePaths::Path> SimplePaths::find_next() {
  if (candidates_.empty()) return std::nullopt;
  found_.push_back(std::move(candidates_.extract(candidates_.begin()).value()));
  add_deviations(found_.back());
  return found_.back();
}

// Every path not found yet leaves the found ones somewhere: of those that share the first
// nodes with this one and then go where no found path went, the shortest is a candidate.
void SimplePaths::add_deviations(const Path& path) {
  for (std::size_t length = 1; length < path.size(); ++length) {
    const Path root(path.begin(), path.begin() + static_cast<std::ptrdiff_t>(length));
    std::set<std::size_t> closed;
    for (const Path& known : found_) {
      if (known.size() > length && std::equal(root.begin(), root.end(), known.begin())) {
        closed.insert(known[length]);
      }
    }
    if (auto candidate = extended(root, closed)) candidates_.insert(std::move(*candidate));
  }
}

std::optional<SimplePaths::Path> SimplePaths::extended(Path root,
                                                       const std::set<std::size_t>& closed) const {
  constexpr std::size_t kNever = std::numeric_limits<std::size_t>::max();
  const std::size_t spur = root.back();
  if (spur == to_) return root;
  std::vector<bool> is_taken(next_.size());
  for (const std::size_t node : root) is_taken[node] = true;
  // Hops to the end, searched from there, for the way forward must choose among equals.
  std::vector<std::size_t> hops(next_.size(), kNever);
  std::vector<std::size_t> queue = {to_};
  if (is_taken[to_]) return std::nullopt;
  hops[to_] = 0;
  for (std::size_t i = 0; i < queue.size(); ++i) {
    for (const std::size_t node : previous_[queue[i]]) {
      if (is_taken[node] || hops[node] != kNever) continue;
      hops[node] = hops[queue[i]] + 1;
      queue.push_back(node);
    }
  }
  const auto nearest = [&](std::size_t node, const std::set<std::size_t>& without) {
    std::size_t best = kNever;
    for (const std::size_t other : next_[node]) {
      if (without.contains(other) || hops[other] == kNever) continue;
      if (best == kNever || hops[other] < hops[best]) best = other;
    }
    return best;
  };
  for (std::size_t node = nearest(spur, closed); node != kNever; node = nearest(node, {})) {
    root.push_back(node);
    if (node == to_) return root;
  }
  return std::nullopt;
}

}  // namespace mimir::injector
