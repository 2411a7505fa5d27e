// SPDX-License-Identifier: Apache-2.0
#include "controlplane/shadow/shadow_status.h"

#include <algorithm>

namespace mimir::controlplane {

void ShadowStatus::compare(const std::string& name, const std::string& digest,
                           const std::string& active) {
  if (model_digest == digest && active_digest == active) return;
  *this = {.model_name = name, .model_digest = digest, .active_digest = active, .totals = {}};
}

void ShadowStatus::add(const ShadowJudgement& judgement) {
  compare(model_name, judgement.candidate_digest, judgement.active_digest);
  const JudgedTwice& window = judgement.window;
  if (first_begin_ns == 0) first_begin_ns = window.begin_ns;
  auto place = std::lower_bound(totals.begin(), totals.end(), window.granularity_s,
                                [](const ShadowTotals& each, std::uint32_t granularity_s) {
                                  return each.granularity_s < granularity_s;
                                });
  if (place == totals.end() || place->granularity_s != window.granularity_s) {
    place = totals.insert(place, {.granularity_s = window.granularity_s});
  }
  ++place->windows[static_cast<std::size_t>(window.agreement())];
  place->score = window.second.score;
  place->threshold = window.second.threshold;
}

}  // namespace mimir::controlplane
