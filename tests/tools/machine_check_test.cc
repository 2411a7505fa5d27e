// SPDX-License-Identifier: Apache-2.0
#include "tools/machine_check.h"

#include <filesystem>
#include <fstream>
#include <string>

#include <gtest/gtest.h>

namespace mimir::tools {
namespace {

using Level = MachineFinding::Level;
namespace fs = std::filesystem;

/// A machine of files, as sysfs(5) lays them out.
class Machine {
 public:
  Machine() : root_(fs::path(testing::TempDir()) / ("machine-" + test_name())) {
    fs::remove_all(root_);
    fs::create_directories(root_);
  }
  ~Machine() { fs::remove_all(root_); }
  Machine(const Machine&) = delete;
  Machine& operator=(const Machine&) = delete;

  void write(const std::string& path, const std::string& text) const {
    fs::create_directories((root_ / path).parent_path());
    std::ofstream(root_ / path) << text << '\n';
  }
  void bind(const std::string& address, const std::string& driver) const {
    fs::create_directories(device(address));
    fs::create_directory_symlink("../../drivers/" + driver, device(address) / "driver");
  }
  [[nodiscard]] fs::path device(const std::string& address) const {
    return root_ / "sys/bus/pci/devices" / address;
  }
  [[nodiscard]] MachineCheck check() const { return MachineCheck(root_); }

 private:
  static std::string test_name() {
    return testing::UnitTest::GetInstance()->current_test_info()->name();
  }
  fs::path root_;
};

constexpr const char* kNic = "0000:3b:00.0";

TEST(MachineCheck, CountsTheCoresOfALinuxList) {
  EXPECT_EQ(core_count(""), 0U);
  EXPECT_EQ(core_count("3"), 1U);
  EXPECT_EQ(core_count("2-5,8"), 5U);
  EXPECT_EQ(core_count("0-1,4-7,63"), 7U);
  for (const char* const wrong : {"5-2", "a", "1,", "-", "1-"}) {
    EXPECT_LE(core_count(wrong), 1U) << wrong;
  }
}

TEST(MachineCheck, SaysHowADeviceIsBound) {
  const Machine machine;
  EXPECT_EQ(machine.check().pci_device(kNic)[0].level, Level::kMissing);
  machine.bind(kNic, "ixgbe");
  const auto unbound = machine.check().pci_device(kNic);
  ASSERT_EQ(unbound.size(), 1U);
  EXPECT_EQ(unbound[0].level, Level::kMissing);
  EXPECT_NE(unbound[0].text.find("ixgbe"), std::string::npos);
  EXPECT_EQ(unbound[0].hint, "modprobe vfio-pci && dpdk-devbind.py -b vfio-pci 0000:3b:00.0");
  machine.bind("0000:3b:00.1", "mlx5_core");
  EXPECT_EQ(machine.check().pci_device("0000:3b:00.1")[0].level, Level::kWell);
}

TEST(MachineCheck, AdvisesAnIommuAndTellsTheNode) {
  const Machine machine;
  machine.bind(kNic, "vfio-pci");
  machine.write("sys/bus/pci/devices/0000:3b:00.0/numa_node", "1");
  const auto without = machine.check().pci_device(kNic);
  ASSERT_EQ(without.size(), 3U);
  EXPECT_EQ(without[0].level, Level::kWell);
  EXPECT_EQ(without[1].level, Level::kAdvice);
  EXPECT_EQ(without[2].text, "port 0000:3b:00.0: NUMA node 1");
  fs::create_directories(machine.device(kNic) / "iommu_group");
  EXPECT_EQ(machine.check().pci_device(kNic).size(), 2U);
}

TEST(MachineCheck, LooksAtTheFlagsOfAnInterface) {
  const Machine machine;
  EXPECT_EQ(machine.check().interface("mirror0").level, Level::kMissing);
  machine.write("sys/class/net/mirror0/flags", "0x1002");  // <BROADCAST,MULTICAST>
  EXPECT_EQ(machine.check().interface("mirror0").hint, "ip link set mirror0 up promisc on");
  machine.write("sys/class/net/mirror0/flags", "0x1003");  // and UP
  EXPECT_EQ(machine.check().interface("mirror0").level, Level::kAdvice);
  machine.write("sys/class/net/mirror0/flags", "0x1103");  // and PROMISC
  EXPECT_EQ(machine.check().interface("mirror0").level, Level::kWell);
}

TEST(MachineCheck, ComparesIsolatedCoresWithWorkers) {
  const Machine machine;
  EXPECT_EQ(machine.check().isolated_cores(0).level, Level::kWell);
  EXPECT_EQ(machine.check().isolated_cores(1).level, Level::kAdvice);
  machine.write("sys/devices/system/cpu/isolated", "2-3");
  EXPECT_EQ(machine.check().isolated_cores(2).level, Level::kWell);
  EXPECT_EQ(machine.check().isolated_cores(3).level, Level::kAdvice);
}

TEST(MachineCheck, KnowsClocksThatNeedNoSystemCall) {
  const Machine machine;
  const char* const path = "sys/devices/system/clocksource/clocksource0/current_clocksource";
  EXPECT_EQ(machine.check().clock_source().level, Level::kAdvice);
  machine.write(path, "hpet");
  EXPECT_EQ(machine.check().clock_source().level, Level::kAdvice);
  machine.write(path, "tsc");
  EXPECT_EQ(machine.check().clock_source().level, Level::kWell);
}

constexpr const char* kPages = "sys/kernel/mm/hugepages/hugepages-2048kB/";

TEST(MachineCheck, SaysHowManyPagesAreMissingAndReservesThem) {
  const Machine machine;
  machine.write(std::string(kPages) + "nr_hugepages", "64");
  machine.write(std::string(kPages) + "free_hugepages", "10");
  EXPECT_EQ(machine.check().huge_pages(std::size_t{20} << 20).level, Level::kWell);
  const MachineFinding finding = machine.check().huge_pages((std::size_t{20} << 20) + 1);
  EXPECT_EQ(finding.level, Level::kAdvice);
  EXPECT_EQ(finding.text,
            "pages  10 of 2 MB are free, 11 are needed: up to a third slower without");
  // Others use 54 of them: one more in all.
  EXPECT_EQ(finding.hint, "echo 65 > /sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages");
  ASSERT_TRUE(finding.mend.has_value());
  EXPECT_TRUE(machine.check().mend(*finding.mend));
  machine.write(std::string(kPages) + "free_hugepages", "11");
  EXPECT_EQ(machine.check().huge_pages((std::size_t{20} << 20) + 1).level, Level::kWell);
}

TEST(MachineCheck, BringsAnInterfaceUpWithoutTouchingItsOtherFlags) {
  const Machine machine;
  machine.write("sys/class/net/mirror0/flags", "0x1002");
  const MachineFinding down = machine.check().interface("mirror0");
  ASSERT_TRUE(down.mend.has_value());
  EXPECT_EQ(down.mend->value, "0x1103");
  EXPECT_TRUE(machine.check().mend(*down.mend));
  EXPECT_EQ(machine.check().interface("mirror0").level, Level::kWell);
  EXPECT_FALSE(machine.check().mend({.path = "sys/class/net/none/flags", .value = "0x1103"}));
}

}  // namespace
}  // namespace mimir::tools
