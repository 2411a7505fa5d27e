// SPDX-License-Identifier: Apache-2.0
#include "model/learn/first_contact.h"

namespace mimir::learn {

bool is_outward(std::string_view column) {
  return column.starts_with("bytes(") &&
         (column.ends_with(">outside)") || column.ends_with(">elsewhere)"));
}

}  // namespace mimir::learn
