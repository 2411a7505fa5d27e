// SPDX-License-Identifier: Apache-2.0
#include "tools/injector/placement.h"

#include <algorithm>

#include "tools/injector/counter_random.h"

namespace mimir::injector {

std::vector<Occurrence> place(const PlacementSpec& spec) {
  if (spec.attack_windows == 0 || spec.path_count == 0) return {};
  const std::size_t count = std::min(spec.attack_count, spec.window_count / spec.attack_windows);
  if (count == 0) return {};
  const std::size_t spare = spec.window_count - count * spec.attack_windows;
  const std::size_t separator = spare + 1 >= count ? 1 : 0;
  const std::size_t slack = spare - separator * (count - 1);

  // The free windows before each attack, as points thrown on the slack and sorted.
  std::vector<std::size_t> before(count);
  CounterRandom random({spec.seed, 0x706c616365U});
  for (std::size_t& windows : before) {
    windows = static_cast<std::size_t>(random.below(slack + 1));
  }
  std::sort(before.begin(), before.end());

  std::vector<Occurrence> placed(count);
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t begin = spec.first_window + before[i] + i * (spec.attack_windows + separator);
    placed[i] = {.begin = begin, .end = begin + spec.attack_windows, .path = i % spec.path_count};
  }
  return placed;
}

}  // namespace mimir::injector
