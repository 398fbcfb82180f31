-- Instants are seconds since 1970 in UTC: a zone belongs to who reads, not to what is stored.
CREATE TABLE event (
  id INTEGER PRIMARY KEY,
  title TEXT NOT NULL,
  starts INTEGER NOT NULL,
  minutes INTEGER NOT NULL,
  notes TEXT NOT NULL
);
CREATE INDEX event_starts ON event (starts);
INSERT INTO event (title, starts, minutes, notes) VALUES
  ('Harbour walk', 1767258000, 150, 'Meet at the **old crane**. Bring a coat, and see [the route](https://example.org/walk).'),
  ('Bread for beginners', 1767459600, 180, 'You will bake

1. a loaf
2. rolls

and take both home.'),
  ('Chess evening', 1767722400, 240, 'Open to all. _Boards are there_; clocks are not.'),
  ('Repair café', 1768125600, 300, '> Do not throw it away.

Tools, solder and `glue` are on the tables.'),
  ('Winter concert', 1768676400, 120, '### Programme

* Haydn
* Bartók
* an encore, perhaps'),
  ('Seed swap', 1771147800, 90, 'Label your bags: *kind*, *year*, *place*.');
