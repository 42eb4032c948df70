#include "cli/windows/trust.h"

#include <gtest/gtest.h>

namespace keyturn::cli {
namespace {

constexpr const char* kUsers = "S-1-5-32-545";
constexpr const char* kSomebody = "S-1-5-21-1-2-3-1001";

Ownership of(const std::string& owner) {
  Ownership thing;
  thing.name = R"(C:\ProgramData\keyturn)";
  thing.owner = owner;
  thing.self = "S-1-5-21-1-2-3-500";
  thing.access = {{"S-1-5-18", 0x1f01ff, false, false}, {"S-1-5-32-544", 0x1f01ff, false, false}};
  return thing;
}

TEST(Trust, IsForTheSystemItsAdministratorsAndOneself) {
  for (const char* owner : {"S-1-5-18", "S-1-5-32-544", "S-1-5-21-1-2-3-500"}) {
    EXPECT_TRUE(check_origin(of(owner))) << owner;
    EXPECT_TRUE(check_untouchable(of(owner))) << owner;
  }
  const auto refused = check_origin(of(kSomebody));
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().message.find(kSomebody), std::string::npos);
  EXPECT_FALSE(check_origin(of("")));
  Ownership unknown_self = of("");
  unknown_self.self = "";
  EXPECT_FALSE(check_origin(unknown_self));
}

TEST(Trust, NotForLinksAndSecondNames) {
  Ownership link = of("S-1-5-18");
  link.is_link = true;
  EXPECT_FALSE(check_origin(link));
  Ownership file = of("S-1-5-18");
  file.names = 2;
  EXPECT_FALSE(check_origin(file));
  file.is_folder = true;  // ".." of its folders, on some file systems
  EXPECT_TRUE(check_origin(file));
}

TEST(Trust, ReadersAreNoHarm) {
  Ownership thing = of("S-1-5-32-544");
  thing.access.push_back({kUsers, 0x1200a9, false, false});
  EXPECT_TRUE(check_untouchable(thing));
}

TEST(Trust, WhoeverMayChangeItIs) {
  for (const std::uint32_t mask :
       {0x2U, 0x4U, 0x40U, 0x100U, 0x10000U, 0x40000U, 0x80000U, 0x10000000U, 0x40000000U}) {
    Ownership thing = of("S-1-5-32-544");
    thing.access.push_back({kUsers, mask, false, false});
    EXPECT_TRUE(check_origin(thing));
    EXPECT_FALSE(check_untouchable(thing)) << std::hex << mask;
    thing.access.back().denies = true;
    EXPECT_TRUE(check_untouchable(thing)) << std::hex << mask;
    thing.access.back() = {kUsers, mask, false, true};
    EXPECT_TRUE(check_untouchable(thing)) << std::hex << mask;
  }
  Ownership open = of("S-1-5-18");
  open.everyone_may = true;
  EXPECT_FALSE(check_untouchable(open));
}

}  // namespace
}  // namespace keyturn::cli
