// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace mimir::config {

/// How many bytes the character at the beginning of `text` has; 0 if none begins
/// there (RFC 3629: nothing overlong, no surrogate, nothing above U+10FFFF).
[[nodiscard]] std::size_t character_length(std::string_view text);

/// `text` as a terminal may be given it: what is no character, or steers the
/// terminal instead of being seen, becomes U+FFFD. Tabs stay.
[[nodiscard]] std::string to_printable(std::string_view text);

}  // namespace mimir::config
