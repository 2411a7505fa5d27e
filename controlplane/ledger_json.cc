// SPDX-License-Identifier: Apache-2.0
#include "controlplane/ledger_json.h"

#include <string>

namespace mimir::controlplane {

using config::Json;

Json dropped_json(const PacketLedger& packets) {
  Json dropped = Json::object();
  for (std::size_t i = 0; i < kDropCount; ++i) {
    if (packets.dropped[i] > 0) dropped.set(std::string(kDropTexts[i].name), packets.dropped[i]);
  }
  return dropped;
}

Json to_json(const PacketLedger& packets) {
  Json json = Json::object();
  json.set("received", packets.received)
      .set("counted", packets.counted)
      .set("counted_bytes", packets.counted_bytes)
      .set("out_of_order", packets.out_of_order)
      .set("dropped", dropped_json(packets))
      .set("balances", packets.balances());
  return json;
}

Json to_json(const RecordLedger& records) {
  Json json = Json::object();
  json.set("written", records.written)
      .set("delivered", records.delivered)
      .set("lost_ring_full", records.lost_ring_full)
      .set("packets_lost", records.packets_lost)
      .set("balances", records.balances());
  return json;
}

Json to_json(const FactLedger& facts) {
  Json json = Json::object();
  json.set("written", facts.written)
      .set("lost", facts.lost)
      .set("delivered", facts.delivered)
      .set("balances", facts.balances());
  return json;
}

}  // namespace mimir::controlplane
