// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "config/json.h"
#include "dataplane/record/ledger.h"

namespace mimir::tools {

/// The ledgers for people, one line each and one a drop reason that occurred; that of the
/// facts only if there were any:
///   packets  received 751 = counted 751 + dropped 0                       balances
///   records  written 41 = delivered 41 + lost 0                           balances
///   facts    written 12 = delivered 12 + lost 0                           balances
[[nodiscard]] std::string to_text(const PacketLedger& packets, const RecordLedger& records,
                                  const FactLedger& facts = {});

/// The same for programs; every reason that occurred has its member.
[[nodiscard]] config::Json to_json(const PacketLedger& packets, const RecordLedger& records,
                                   const FactLedger& facts = {});

}  // namespace mimir::tools
