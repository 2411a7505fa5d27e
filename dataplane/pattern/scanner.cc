// SPDX-License-Identifier: Apache-2.0
#include "dataplane/pattern/scanner.h"

#include <hs/hs_runtime.h>

namespace mimir::pattern {

namespace {

struct Call {
  OnMatch on_match;
  void* context;
};

}  // namespace

void scan(const Database* database, Scratch* scratch, std::span<const std::byte> bytes,
          OnMatch on_match, void* context) noexcept {
  const auto pass_on = [](unsigned id, unsigned long long /*begin*/, unsigned long long end,
                          unsigned /*flags*/, void* argument) noexcept -> int {
    const Call& call = *static_cast<const Call*>(argument);
    return call.on_match(call.context, id, static_cast<std::size_t>(end)) ? 1 : 0;
  };
  Call call{on_match, context};
  // It fails for wrong arguments alone, and tells a scan that was ended early.
  (void)hs_scan(database, reinterpret_cast<const char*>(bytes.data()),
                static_cast<unsigned>(bytes.size()), 0, scratch, pass_on, &call);
}

}  // namespace mimir::pattern
