#include "lab/tds_login.h"

#include <algorithm>
#include <cstdlib>
#include <vector>

#include "lab/tds_bytes.h"
#include "sim/sql_type.h"

namespace keyturn::lab {
namespace {

constexpr std::uint8_t kVersionOption = 0;
constexpr std::uint8_t kEncryptionOption = 1;
constexpr std::uint8_t kInstanceOption = 2;
constexpr std::uint8_t kThreadOption = 3;
constexpr std::uint8_t kMarsOption = 4;
constexpr std::uint8_t kFederatedOption = 6;
constexpr std::uint8_t kTerminator = 0xFF;
constexpr std::size_t kMaxNameLength = 128;

std::uint16_t big_endian(ByteReader& reader) {
  const std::uint16_t value = reader.u16();
  return static_cast<std::uint16_t>((value >> 8) | (value << 8));
}

std::string_view slice(std::string_view payload, std::size_t offset, std::size_t size) {
  if (offset > payload.size() || size > payload.size() - offset)
    throw MalformedMessage("an offset points outside");
  return payload.substr(offset, size);
}

Prelogin read_prelogin(std::string_view payload) {
  Prelogin result;
  ByteReader table(payload);
  for (std::uint8_t option = table.u8(); option != kTerminator; option = table.u8()) {
    const std::size_t offset = big_endian(table);
    const std::size_t size = big_endian(table);
    const std::string_view data = slice(payload, offset, size);
    if (option == kEncryptionOption) {
      if (data.empty()) throw MalformedMessage("no encryption value");
      result.encryption = static_cast<std::uint8_t>(data[0]) & 0x0F;
    } else if (option == kInstanceOption) {
      result.instance = data.substr(0, data.find('\0'));
    } else if (option == kFederatedOption) {
      result.asks_federated = true;
    }
  }
  return result;
}

std::string decode_password(std::string_view bytes) {
  std::string clear(bytes);
  for (char& c : clear) {
    const auto mixed = static_cast<unsigned>(static_cast<std::uint8_t>(c)) ^ 0xA5U;
    c = static_cast<char>(((mixed << 4) | (mixed >> 4)) & 0xFF);
  }
  return clear;
}

class LoginReader {
 public:
  explicit LoginReader(std::string_view payload) : payload_(payload), reader_(payload) {}

  Login read() {
    Login login;
    if (reader_.u32() != payload_.size()) throw MalformedMessage("the length is not the message's");
    login.tds_version = reader_.u32();
    login.packet_size = reader_.u32();
    reader_.skip(12);  // program version, process, connection
    reader_.skip(1);   // OptionFlags1
    login.integrated = (reader_.u8() & 0x80) != 0;
    reader_.skip(1);
    const bool has_extension = (reader_.u8() & 0x10) != 0;
    reader_.skip(8);  // time zone, locale
    login.host_name = text();
    login.user = text();
    std::string password = decode_password(field(2));
    login.password = SecretString(sim::to_utf8(utf16_of(password)));
    wipe_memory(password.data(), password.size());
    login.app_name = text();
    login.server_name = text();
    const std::string_view extension = field(1);
    login.library = text();
    login.language = text();
    login.database = text();
    if (has_extension && extension.size() >= 4) features(ByteReader(extension).u32(), login.features);
    return login;
  }

 private:
  std::string_view field(std::size_t unit) {
    const std::size_t offset = reader_.u16();
    const std::size_t count = reader_.u16();
    return count == 0 ? std::string_view() : slice(payload_, offset, count * unit);
  }
  std::string text() {
    const std::string_view bytes = field(2);
    if (bytes.size() / 2 > kMaxNameLength) throw MalformedMessage("a name is too long");
    return sim::to_utf8(utf16_of(bytes));
  }
  void features(std::size_t offset, std::set<std::uint8_t>& found) const {
    ByteReader block(slice(payload_, offset, payload_.size() - std::min(offset, payload_.size())));
    for (std::uint8_t id = block.u8(); id != kTerminator; id = block.u8()) {
      found.insert(id);
      block.skip(block.u32());
    }
  }

  std::string_view payload_;
  ByteReader reader_;
};

}  // namespace

std::optional<Prelogin> parse_prelogin(std::string_view payload) {
  try {
    return read_prelogin(payload);
  } catch (const MalformedMessage&) {
    return std::nullopt;
  }
}

std::optional<Login> parse_login(std::string_view payload) {
  try {
    return LoginReader(payload).read();
  } catch (const MalformedMessage&) {
    return std::nullopt;
  }
}

std::string prelogin_reply(const std::string& version, std::uint8_t encryption, bool federated) {
  std::string data_version;
  const int major = std::atoi(version.c_str());
  const std::size_t first = version.find('.');
  const std::size_t second = first == std::string::npos ? first : version.find('.', first + 1);
  const int build = second == std::string::npos ? 0 : std::atoi(version.c_str() + second + 1);
  for (const int byte : {major, 0, build >> 8, build, 0, 0}) data_version += static_cast<char>(byte & 0xFF);

  struct Option {
    std::uint8_t id;
    std::string data;
  };
  std::vector<Option> options{{kVersionOption, data_version},
                              {kEncryptionOption, std::string(1, static_cast<char>(encryption))},
                              {kInstanceOption, std::string(1, '\0')},
                              {kThreadOption, ""},
                              {kMarsOption, std::string(1, '\0')}};
  if (federated) options.push_back({kFederatedOption, std::string(1, '\0')});
  constexpr std::size_t kEntry = 5;
  std::size_t offset = options.size() * kEntry + 1;
  std::string table;
  std::string data;
  for (const Option& option : options) {
    for (const std::size_t byte :
         {std::size_t{option.id}, offset >> 8, offset, option.data.size() >> 8, option.data.size()}) {
      table += static_cast<char>(byte & 0xFF);
    }
    offset += option.data.size();
    data += option.data;
  }
  return table + static_cast<char>(kTerminator) + data;
}

}  // namespace keyturn::lab
