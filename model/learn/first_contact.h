// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

namespace mimir::learn {

/// What leaves the cluster from services that in training never sent anything out, or to
/// where they never did: the allowed pairs of a cluster as a column of the model, so that a
/// service which training never saw is judged by the only thing that is known of it.
///
///   value = b / (b + 500)    b: bytes of all such columns together
///
/// A lost packet or a single knock says little, a kilobyte nearly all.
inline constexpr std::string_view kFirstContact = "first_contact(outside)";
/// What counts as one IQR: in training the value is 0, for what happened there is known.
inline constexpr double kContactIqr = 0.1;

/// Whether traffic in that column is a first contact where training did not have it:
/// "bytes(A>outside)" and "bytes(A>elsewhere)".
[[nodiscard]] bool is_outward(std::string_view column);

[[nodiscard]] constexpr double contact_value(double bytes) { return bytes / (bytes + 500); }

}  // namespace mimir::learn
