// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "config/json.h"
#include "dataplane/record/ledger.h"

namespace mimir::controlplane {

// The ledgers for programs, wherever they are told of.

/// Every reason that occurred has its member.
[[nodiscard]] config::Json dropped_json(const PacketLedger& packets);

[[nodiscard]] config::Json to_json(const PacketLedger& packets);
[[nodiscard]] config::Json to_json(const RecordLedger& records);
[[nodiscard]] config::Json to_json(const FactLedger& facts);

}  // namespace mimir::controlplane
