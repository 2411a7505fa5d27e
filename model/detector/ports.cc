// SPDX-License-Identifier: Apache-2.0
#include "model/detector/ports.h"

#include <algorithm>
#include <array>

namespace mimir::detector {

namespace {

struct PortRow {
  std::uint16_t port;
  PortUse use;
};

constexpr std::array kPortRows = {
    PortRow{21, PortUse::kLogin},        // FTP
    PortRow{22, PortUse::kLogin},        // SSH
    PortRow{23, PortUse::kLogin},        // Telnet
    PortRow{80, PortUse::kWeb},          //
    PortRow{110, PortUse::kLogin},       // POP3
    PortRow{135, PortUse::kLogin},       // MSRPC
    PortRow{139, PortUse::kLogin},       // NetBIOS
    PortRow{143, PortUse::kLogin},       // IMAP
    PortRow{389, PortUse::kLogin},       // LDAP
    PortRow{443, PortUse::kWeb},         //
    PortRow{445, PortUse::kLogin},       // SMB
    PortRow{512, PortUse::kLogin},       // rexec
    PortRow{513, PortUse::kLogin},       // rlogin
    PortRow{514, PortUse::kLogin},       // rsh
    PortRow{636, PortUse::kLogin},       // LDAPS
    PortRow{1433, PortUse::kDatabase},   // SQL Server
    PortRow{1521, PortUse::kDatabase},   // Oracle
    PortRow{2375, PortUse::kControl},    // Docker
    PortRow{2376, PortUse::kControl},    // Docker, TLS
    PortRow{2379, PortUse::kControl},    // etcd
    PortRow{2380, PortUse::kControl},    // etcd, peers
    PortRow{3000, PortUse::kWeb},        //
    PortRow{3306, PortUse::kDatabase},   // MySQL
    PortRow{3389, PortUse::kLogin},      // RDP
    PortRow{5000, PortUse::kWeb},        //
    PortRow{5432, PortUse::kDatabase},   // PostgreSQL
    PortRow{5900, PortUse::kLogin},      // VNC
    PortRow{5984, PortUse::kDatabase},   // CouchDB
    PortRow{5985, PortUse::kLogin},      // WinRM
    PortRow{5986, PortUse::kLogin},      // WinRM, TLS
    PortRow{6379, PortUse::kDatabase},   // Redis
    PortRow{6443, PortUse::kControl},    // Kubernetes API
    PortRow{7000, PortUse::kDatabase},   // Cassandra
    PortRow{9042, PortUse::kDatabase},   // Cassandra, CQL
    PortRow{9200, PortUse::kDatabase},   // Elasticsearch
    PortRow{10250, PortUse::kControl},   // kubelet
    PortRow{11211, PortUse::kDatabase},  // memcached
    PortRow{27017, PortUse::kDatabase},  // MongoDB
};

static_assert(std::is_sorted(kPortRows.begin(), kPortRows.end(),
                             [](const PortRow& a, const PortRow& b) { return a.port < b.port; }));

}  // namespace

PortUse use_of(std::uint16_t port) {
  const auto found =
      std::lower_bound(kPortRows.begin(), kPortRows.end(), port,
                       [](const PortRow& row, std::uint16_t wanted) { return row.port < wanted; });
  if (found != kPortRows.end() && found->port == port) return found->use;
  const bool is_web = (port >= 8000 && port < 9200) || (port >= 9400 && port < 10000);
  return is_web ? PortUse::kWeb : PortUse::kOther;
}

}  // namespace mimir::detector
