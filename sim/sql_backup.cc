#include "sim/sql_backup.h"

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "sim/backup_s3.h"

namespace keyturn::sim {
namespace {

constexpr std::string_view kMagic = "SIMULATED SQL SERVER BACKUP 1\n";
constexpr std::size_t kMaxUrl = 259;
constexpr std::size_t kMaxStripes = 64;

SqlError error(int number, std::string text, int state = 1) {
  return {number, 16, state, std::move(text), {}, 0};
}
SqlError terminating(const std::string& what) { return error(3013, what + " is terminating abnormally."); }
SqlError cannot_open(const std::string& url, const OsError& os) {
  return error(3201, "Cannot open backup device '" + url + "'. Operating system error " + os.shown() + ".");
}
SqlError write_failed(const std::string& url, const OsError& os) {
  return error(3202, "Write on '" + url + "' failed: " + os.shown());
}
SqlError invalid_value(const std::string& name) {
  return error(3217, "Invalid value specified for " + name + " parameter.");
}

bool parse_number(const std::string& text, std::int64_t& number) {
  const auto [end, status] = std::from_chars(text.data(), text.data() + text.size(), number);
  return status == std::errc{} && end == text.data() + text.size();
}

// {"s3": {"region": "us-west-2"}}
std::optional<std::string> region_option(const std::string& text) {
  const auto json = nlohmann::json::parse(text, nullptr, false);
  if (!json.is_object() || !json.contains("s3") || !json["s3"].is_object()) return std::nullopt;
  const auto region = json["s3"].find("region");
  if (region == json["s3"].end()) return std::string();
  return region->is_string() ? std::optional(region->get<std::string>()) : std::nullopt;
}

// The devices, opened: one object a stripe, with the credential's key as it is now.
struct Devices {
  std::vector<BackupObject> objects;
  std::string access_key_id;
};

// Fills `devices`; the errors where it can't.
std::vector<SqlError> open_devices(SessionState& session, const BackupPlan& plan, const std::string& what,
                                   Devices& devices) {
  if (plan.urls.size() > kMaxStripes)
    return {error(3205, "Too many backup devices specified for backup or restore; only 64 are allowed."),
            terminating(what)};
  std::optional<CredentialTable> table = session.working;
  if (!table) table = session.server.read_credentials(session.id, *session.stop);
  if (!table) return {cancelled()};
  for (const std::string& url : plan.urls) {
    const auto location = parse_backup_url(url);
    if (!location || url.size() > kMaxUrl || session.server.settings().major_version() < 16) {
      return {error(3078,
                    "The file name \"" + url +
                        "\" is invalid as a backup device name for the specified device type. Reissue the "
                        "BACKUP statement with a valid file name and device type.",
                    2),
              terminating(what)};
    }
    const CredentialRow* row =
        plan.credential.empty() ? table->find_for_url(url) : table->find(plan.credential);
    if (row == nullptr || !row->secret || !same_name(row->identity, "S3 Access Key"))
      return {cannot_open(url, os_error(50)), terminating(what)};
    if (session.server.transport() == nullptr) return {cannot_open(url, os_error(12029)), terminating(what)};
    const std::string_view secret = row->secret->reveal();
    const std::size_t colon = secret.find(':');
    if (colon == std::string_view::npos) return {cannot_open(url, os_error(5)), terminating(what)};
    aws::Credentials credentials;
    credentials.access_key_id = secret.substr(0, colon);
    credentials.secret_access_key = SecretString(secret.substr(colon + 1));
    devices.access_key_id = credentials.access_key_id;
    const std::string region = !plan.region.empty()        ? plan.region
                               : !location->region.empty() ? location->region
                                                           : "us-east-1";
    devices.objects.emplace_back(*session.server.transport(), session.server.clock(),
                                 session.server.backup_settings().s3_endpoint, *location,
                                 std::move(credentials), region);
  }
  return {};
}

std::vector<SqlError> check_backup(SessionState& session, const BackupPlan& plan, const std::string& what) {
  const auto database = session.server.find_database(plan.database);
  if (!database) {
    return {error(911, "Database '" + plan.database +
                           "' does not exist. Make sure that the name is entered correctly."),
            terminating(what)};
  }
  if (!session.login.may("BACKUP DATABASE")) {
    return {{262, 14, 1, what + " permission denied in database '" + plan.database + "'.", {}, 0},
            terminating(what)};
  }
  if (session.transaction_depth > 0) {
    return {error(3021, "Cannot perform a backup or restore operation within a transaction.", 0),
            terminating(what)};
  }
  if (plan.to_disk) return {cannot_open(plan.urls[0], os_error(3)), terminating(what)};
  const SqlServerSettings& settings = session.server.settings();
  if (settings.engine_edition() == 4) {
    return {error(1844, what + " TO URL is not supported on " + settings.edition + "."), terminating(what)};
  }
  if (plan.has_transfer_size && !plan.compression)
    return {invalid_value("MAXTRANSFERSIZE"), terminating(what)};
  // Running a backup to a URL reads a credential.
  if (!session.login.may("ALTER ANY CREDENTIAL"))
    return {cannot_open(plan.urls[0], os_error(5)), terminating(what)};
  return {};
}

std::string header(const SessionState& session, const BackupPlan& plan, std::size_t stripe, std::size_t bytes,
                   int pages) {
  const nlohmann::json fields{{"database", plan.database},
                              {"server", session.server.settings().server_name()},
                              {"version", session.server.settings().product_version},
                              {"stripe", stripe + 1},
                              {"stripes", plan.urls.size()},
                              {"pages", pages},
                              {"log", plan.log},
                              {"compressed", plan.compression},
                              {"copy_only", plan.copy_only},
                              {"started", session.server.local_now()},
                              {"bytes", bytes}};
  return std::string(kMagic) + fields.dump() + "\n";
}

// Uploads every part of every stripe; the backup's duration is spread over them.
std::vector<SqlError> write_parts(SessionState& session, const BackupPlan& plan, const std::string& what,
                                  Devices& devices, int pages, ResultSink& sink) {
  const BackupSettings settings = session.server.backup_settings();
  const int parts = std::max(settings.parts, 1);
  const std::size_t bytes = std::max<std::size_t>(settings.part_bytes, 1024);
  int reported = 0;
  for (int part = 0; part < parts; ++part) {
    for (std::size_t i = 0; i < devices.objects.size(); ++i) {
      std::string body = part == 0 ? header(session, plan, i, bytes * static_cast<std::size_t>(parts), pages)
                                   : std::string();
      body.resize(bytes, '\0');
      if (const auto failed = devices.objects[i].upload_part(std::move(body)))
        return {write_failed(plan.urls[i], *failed), terminating(what)};
    }
    const int percent = (part + 1) * 100 / parts;
    session.server.set_request_progress(session.id, percent);
    for (int step = reported + plan.progress_step; plan.progress && step <= percent;
         step += plan.progress_step) {
      sink.message({3211, 0, 1, std::to_string(step) + " percent processed.", {}, 0});
      reported = step;
    }
    if (settings.duration > Duration{0})
      session.server.clock().sleep_for(settings.duration / parts, session.stop.get());
    if (session.stopped()) return {cancelled()};
  }
  for (std::size_t i = 0; i < devices.objects.size(); ++i) {
    if (const auto failed = devices.objects[i].complete_upload())
      return {write_failed(plan.urls[i], *failed), terminating(what)};
  }
  return {};
}

std::vector<SqlError> write_backup(SessionState& session, const BackupPlan& plan, const std::string& what,
                                   Devices& devices, ResultSink& sink) {
  for (std::size_t i = 0; i < devices.objects.size(); ++i) {
    const auto exists = devices.objects[i].exists();
    if (!exists) return {cannot_open(plan.urls[i], exists.error()), terminating(what)};
    if (*exists && !plan.format) {
      return {error(3271, "A nonrecoverable I/O error occurred on file \"" + plan.urls[i] +
                              ":\" The file exists on the remote endpoint, and WITH FORMAT was not "
                              "specified. Backup cannot proceed."),
              terminating(what)};
    }
    if (const auto failed = devices.objects[i].begin_upload())
      return {cannot_open(plan.urls[i], *failed), terminating(what)};
  }
  const int pages = session.server.find_database(plan.database).value_or(SqlDatabase{}).pages;
  return write_parts(session, plan, what, devices, pages, sink);
}

void tell_success(const SessionState& session, const BackupPlan& plan, const std::string& what, Duration took,
                  ResultSink& sink) {
  const int pages = session.server.find_database(plan.database).value_or(SqlDatabase{}).pages;
  const auto info = [&](int number, std::string text) {
    sink.message({number, 0, 1, std::move(text), {}, 0});
  };
  if (!plan.log) {
    info(4035, "Processed " + std::to_string(pages) + " pages for database '" + plan.database + "', file '" +
                   plan.database + "' on file 1.");
  }
  info(4035,
       "Processed 2 pages for database '" + plan.database + "', file '" + plan.database + "_log' on file 1.");
  const double seconds = std::max(static_cast<double>(took.count()) / 1000.0, 0.001);
  char numbers[64];
  std::snprintf(numbers, sizeof numbers, "%.3f seconds (%.3f MB/sec).", seconds,
                (pages + 2) * 8.0 / 1024.0 / seconds);
  info(3014, what + " successfully processed " + std::to_string(pages + 2) + " pages in " + numbers);
}

void record(SessionState& session, const BackupPlan& plan, const Devices& devices, TimePoint started,
            const std::vector<SqlError>& problems) {
  BackupRecord entry{
      plan.database, plan.urls[0], devices.access_key_id, started, session.server.clock().now(),
      std::nullopt};
  if (!problems.empty()) entry.error = problems.front();
  session.server.add_backup(std::move(entry));
}

struct BackupHeader {
  nlohmann::json fields;
};

std::optional<BackupHeader> read_header(const std::string& object) {
  if (!object.starts_with(kMagic)) return std::nullopt;
  const std::size_t end = object.find('\n', kMagic.size());
  if (end == std::string::npos) return std::nullopt;
  auto fields = nlohmann::json::parse(object.substr(kMagic.size(), end - kMagic.size()), nullptr, false);
  if (!fields.is_object() || fields.value("bytes", std::size_t{0}) != object.size()) return std::nullopt;
  return BackupHeader{std::move(fields)};
}

void give_headers(const std::string& what, const nlohmann::json& f, ResultSink& sink) {
  const std::string database = f.value("database", "");
  const std::int64_t started = f.value("started", std::int64_t{0});
  const auto pages = f.value("pages", std::int64_t{0});
  const auto number = [](std::int64_t value) { return Value{value}; };
  if (what == "HEADERONLY") {
    sink.columns({{"BackupName", nvarchar(128)},
                  {"BackupType", type_of(SqlKind::smallint)},
                  {"Compressed", type_of(SqlKind::tinyint)},
                  {"Position", type_of(SqlKind::smallint)},
                  {"ServerName", nvarchar(128)},
                  {"DatabaseName", nvarchar(128)},
                  {"BackupSize", bigint()},
                  {"BackupStartDate", datetime()},
                  {"SoftwareVersionMajor", integer()},
                  {"IsCopyOnly", bit()}});
    sink.row({Value{}, number(f.value("log", false) ? 2 : 1), number(f.value("compressed", false) ? 1 : 0),
              number(1), Value{f.value("server", "")}, Value{database}, number(pages * 8192),
              number(round_to_datetime_ticks(started)), number(std::atoi(f.value("version", "0").c_str())),
              number(f.value("copy_only", false) ? 1 : 0)});
  } else if (what == "FILELISTONLY") {
    sink.columns({{"LogicalName", nvarchar(128)},
                  {"PhysicalName", nvarchar(260)},
                  {"Type", {SqlKind::nchar, 1, 18, 0}},
                  {"Size", bigint()}});
    sink.row({Value{database}, Value{database + ".mdf"}, Value{std::string("D")}, number(pages * 8192)});
    sink.row({Value{database + "_log"}, Value{database + "_log.ldf"}, Value{std::string("L")},
              number(8 * 1024 * 1024)});
  } else {
    sink.columns({{"MediaName", nvarchar(128)},
                  {"FamilyCount", integer()},
                  {"FamilySequenceNumber", integer()},
                  {"SoftwareName", nvarchar(128)}});
    sink.row({Value{}, number(f.value("stripes", 1)), number(f.value("stripe", 1)),
              Value{std::string("Microsoft SQL Server")}});
  }
  sink.done(false, what == "FILELISTONLY" ? 2 : 1);
}

}  // namespace

std::optional<SqlError> set_backup_option(BackupPlan& plan, const std::string& name,
                                          const std::string& value) {
  std::int64_t number = 0;
  const bool is_number = parse_number(value, number);
  if (name == "format") {
    plan.format = true;
  } else if (name == "compression") {
    plan.compression = true;
  } else if (name == "copy_only") {
    plan.copy_only = true;
  } else if (name == "credential") {
    plan.credential = value;
  } else if (name == "stats") {
    plan.progress = true;
    if (is_number) plan.progress_step = static_cast<int>(std::clamp<std::int64_t>(number, 1, 100));
  } else if (name == "maxtransfersize") {
    if (!is_number || number < 5'242'880 || number > 20'971'520 || number % 65'536 != 0)
      return invalid_value("MAXTRANSFERSIZE");
    plan.has_transfer_size = true;
  } else if (name == "blocksize") {
    if (!is_number || number < 512 || number > 65'536 || (number & (number - 1)) != 0)
      return invalid_value("BLOCKSIZE");
  } else if (name == "backup_options" || name == "restore_options") {
    const auto region = region_option(value);
    if (!region) return invalid_value(name == "backup_options" ? "BACKUP_OPTIONS" : "RESTORE_OPTIONS");
    plan.region = *region;
  } else if (name == "init" || name == "noinit") {
    return invalid_value(name == "init" ? "INIT" : "NOINIT");
  } else {
    constexpr std::string_view kIgnored[] = {"checksum",
                                             "no_checksum",
                                             "name",
                                             "description",
                                             "medianame",
                                             "mediadescription",
                                             "buffercount",
                                             "no_compression",
                                             "skip",
                                             "noskip",
                                             "noformat",
                                             "stop_on_error",
                                             "continue_after_error",
                                             "file",
                                             "nounload",
                                             "norewind"};
    if (std::find(std::begin(kIgnored), std::end(kIgnored), name) == std::end(kIgnored)) {
      return SqlError{155, 15, 1, "'" + name + "' is not a recognized BACKUP option.", {}, 0};
    }
  }
  return std::nullopt;
}

std::vector<SqlError> run_backup(SessionState& session, const BackupPlan& plan, ResultSink& sink) {
  const std::string what = plan.log ? "BACKUP LOG" : "BACKUP DATABASE";
  if (auto problems = check_backup(session, plan, what); !problems.empty()) return problems;
  const TimePoint started = session.server.clock().now();
  session.server.begin_request(session.id, what);
  Devices devices;
  std::vector<SqlError> problems = open_devices(session, plan, what, devices);
  if (problems.empty()) problems = write_backup(session, plan, what, devices, sink);
  const bool was_cancelled = !problems.empty() && problems.front().number == 0;
  if (!was_cancelled) record(session, plan, devices, started, problems);
  if (problems.empty()) tell_success(session, plan, what, session.server.clock().now() - started, sink);
  return problems;
}

std::vector<SqlError> run_restore(SessionState& session, const std::string& what, const BackupPlan& plan,
                                  ResultSink& sink) {
  const std::string statement = what == "VERIFYONLY" ? "VERIFY DATABASE" : "RESTORE " + what;
  if (!session.login.may("BACKUP DATABASE") && !session.login.may("CREATE ANY DATABASE")) {
    return {{262, 14, 1, "CREATE DATABASE permission denied in database 'master'.", {}, 0},
            terminating(statement)};
  }
  session.server.begin_request(session.id, "RESTORE " + what);
  Devices devices;
  if (auto problems = open_devices(session, plan, statement, devices); !problems.empty()) return problems;
  std::optional<BackupHeader> first;
  for (std::size_t i = 0; i < devices.objects.size(); ++i) {
    const auto object = devices.objects[i].read();
    if (!object) return {cannot_open(plan.urls[i], object.error()), terminating(statement)};
    auto read = read_header(*object);
    if (!read) {
      return {error(3241,
                    "The media family on device '" + plan.urls[i] +
                        "' is incorrectly formed. SQL Server cannot process this media family.",
                    0),
              terminating(statement)};
    }
    if (!first) first = std::move(read);
  }
  if (what != "VERIFYONLY") {
    give_headers(what, first->fields, sink);
    return {};
  }
  const auto stripes = first->fields.value("stripes", std::size_t{1});
  if (stripes != plan.urls.size()) {
    return {
        error(3132, "The media set has " + std::to_string(stripes) + " media families but only " +
                        std::to_string(plan.urls.size()) + " are provided. All members must be provided."),
        terminating(statement)};
  }
  sink.message({3262, 0, 1, "The backup set on file 1 is valid.", {}, 0});
  sink.done(false, std::nullopt);
  return {};
}

}  // namespace keyturn::sim
