// SPDX-License-Identifier: Apache-2.0
#include "model/detector/public_suffix.h"

#include <algorithm>
#include <array>
#include <libpsl.h>
#include <string>

namespace mimir::detector {

namespace {

constexpr std::array<std::string_view, 2> kReverseZones{"in-addr.arpa", "ip6.arpa"};

// Where a library was built without its list: the suffixes of two labels that clusters see
// most. Every other suffix then counts as one label.
constexpr std::array<std::string_view, 16> kTwoLabelSuffixes{
    "co.uk",  "org.uk", "ac.uk", "gov.uk", "com.au", "net.au", "org.au", "co.jp",
    "com.br", "com.cn", "co.in", "co.kr",  "co.nz",  "co.za",  "com.tr", "co.il"};

std::size_t begin_of_last_labels(std::string_view name, unsigned label_count) {
  std::size_t at = name.size();
  for (unsigned i = 0; i < label_count && at != 0; ++i) {
    const std::size_t dot = name.rfind('.', at - 1);
    if (dot == std::string_view::npos) return 0;
    at = i + 1 == label_count ? dot + 1 : dot;
  }
  return at;
}

std::string_view by_short_list(std::string_view name) {
  const std::string_view last_two = name.substr(begin_of_last_labels(name, 2));
  const bool is_suffix = std::ranges::find(kTwoLabelSuffixes, last_two) != kTwoLabelSuffixes.end();
  return is_suffix ? name.substr(begin_of_last_labels(name, 3)) : last_two;
}

bool is_within(std::string_view name, std::string_view zone) {
  return name.ends_with(zone) &&
         (name.size() == zone.size() || name[name.size() - zone.size() - 1] == '.');
}

}  // namespace

std::string_view registered_domain(std::string_view name) {
  for (const std::string_view zone : kReverseZones) {
    if (is_within(name, zone)) return name.substr(name.size() - zone.size());
  }
  const psl_ctx_t* const list = psl_builtin();
  if (list == nullptr) return by_short_list(name);
  const std::string text(name);
  const char* const found = psl_registrable_domain(list, text.c_str());
  if (found == nullptr) return name;
  return name.substr(static_cast<std::size_t>(found - text.c_str()));
}

}  // namespace mimir::detector
