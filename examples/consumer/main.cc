// Opens a database, writes, reads, and walks over a prefix.
#include <ashlar/database.h>

#include <iostream>

int main(int argc, char** argv) {
  if (argc != 2) {
    std::cerr << "usage: consumer FOLDER\n";
    return 2;
  }
  auto opened = ashlar::Database::open(argv[1]);
  if (!opened.ok()) {
    std::cerr << opened.status().to_string() << '\n';
    return 1;
  }
  ashlar::Database& db = **opened;

  ashlar::Batch pets;
  pets.set("cat:1", "Tom");
  pets.set("cat:2", "Felix");
  pets.set("dog:1", "Pluto");
  if (const ashlar::Status status = db.write(pets); !status.ok()) {
    std::cerr << status.to_string() << '\n';
    return 1;
  }
  for (const auto& [key, value] : db.prefix("cat:")) std::cout << key << " is " << value << '\n';
}
