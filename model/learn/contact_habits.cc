// SPDX-License-Identifier: Apache-2.0
#include "model/learn/contact_habits.h"

#include <algorithm>
#include <tuple>

namespace mimir::learn {

namespace {

template <class Value, class Same, class Add>
void merge_sorted(std::vector<Value>& into, const std::vector<Value>& from, Same same, Add add) {
  into.insert(into.end(), from.begin(), from.end());
  std::sort(into.begin(), into.end());
  std::size_t kept = 0;
  for (std::size_t i = 0; i < into.size(); ++i) {
    if (kept > 0 && same(into[kept - 1], into[i])) {
      add(into[kept - 1], into[i]);
    } else {
      into[kept++] = into[i];
    }
  }
  into.resize(kept);
}

}  // namespace

void merge(ContactHabits& into, const ContactHabits& from) {
  merge_sorted(
      into.pairs, from.pairs,
      [](const AllowedPair& a, const AllowedPair& b) {
        return std::tie(a.client, a.server, a.port, a.protocol) ==
               std::tie(b.client, b.server, b.port, b.protocol);
      },
      [](AllowedPair& sum, const AllowedPair& pair) { sum.contact_count += pair.contact_count; });
  merge_sorted(
      into.priors, from.priors,
      [](const ContactPrior& a, const ContactPrior& b) { return a.service == b.service; },
      [](ContactPrior& sum, const ContactPrior& prior) {
        sum.opened_count += prior.opened_count;
        sum.failed_count += prior.failed_count;
        sum.server_count = std::max(sum.server_count, prior.server_count);
      });
  merge_sorted(
      into.habits, from.habits, [](const Habit& a, const Habit& b) { return a == b; },
      [](Habit&, const Habit&) {});
}

}  // namespace mimir::learn
