// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

namespace mimir::detector {

/// The part of a name that somebody registered: one label and the public suffix behind it
/// (https://publicsuffix.org), "example.co.uk" of "a.b.example.co.uk". The whole name
/// where there is none: a suffix itself, or a name of one label. Of reverse lookups the
/// zone they are in, "in-addr.arpa".
///
/// `name` is in lower case, without the root's dot; the result is a part of it.
/// Threads: any. Cost: a lookup a label. Depends on the list that the library was built with.
[[nodiscard]] std::string_view registered_domain(std::string_view name);

}  // namespace mimir::detector
