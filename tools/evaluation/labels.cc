// SPDX-License-Identifier: Apache-2.0
#include "tools/evaluation/labels.h"

namespace mimir::evaluation {

WindowLabel label_of(TimeNs begin_ns, TimeNs length_ns, std::span<const Interval> attacks) {
  WindowLabel label;
  const WindowIndex window = window_of(begin_ns, length_ns);
  for (std::uint32_t i = 0; i < attacks.size(); ++i) {
    const Interval& attack = attacks[i];
    if (attack.begin_ns >= attack.end_ns) continue;
    const WindowIndex first = window_of(attack.begin_ns, length_ns);
    const WindowIndex last = window_of(attack.end_ns, length_ns);  // not of it any more
    if ((window >= first && window < last) || (window == first && first == last)) {
      return {.label = Label::kAttack, .incident = i};
    }
    const bool touches = begin_ns < attack.end_ns && attack.begin_ns < begin_ns + length_ns;
    if (touches && label.label == Label::kBenign) label = {.label = Label::kEdge, .incident = i};
  }
  return label;
}

}  // namespace mimir::evaluation
