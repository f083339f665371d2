// The doorbell's case: shell, back, bridge (holds the camera and closes the shutter's channel), shutter, hood.
//
//   openscad -D 'part="shell"' -D 'board="zero2w"' -o shell.stl doorbell.scad
//
// x to the right, y up, z away from the wall, all in millimetres; the shell's inner corner towards the wall, bottom
// left, is at 0. Measure your own camera, button and print one part before you print all.

part = "assembly";  // shell, back, bridge, shutter, hood: to print; assembly, exploded: to look at; others: tests
board = "zero2w";   // zero2w, pi4 (also 3 and 5: same holes)
in_place = false;   // parts where they are in the case, instead of as they are printed
shutter_at = 0;     // 0 = closed, 1 = open: in pictures
grow = 0.3;         // by so much tests let the shutter grow, and see whether it touches anything

// What you may have to change.
camera_height = 7;  // from the camera's board to the front of its lens: 7 for v3, 5 for v2
lens_hole = 13;     // the lens block goes through it: 11.5 for v3, 8.5 (square) for v2
opening = 12;       // what the lens looks through
button_hole = 16.2; // for a button of 16 mm
led_hole = 5.2;     // for lights of 5 mm
plug_room = 14;     // beside the board, for an angled power plug
inner_d = 46;       // depth: board, header with plugged wires, camera
magnet_d = 6.2;     // round magnet, 6 x 2 mm
magnet_h = 2.1;

// Boards: length, width, and distances of their holes.
board_l = board == "zero2w" ? 65 : 85;
board_w = board == "zero2w" ? 30 : 56;
hole_l = 58;
hole_w = board == "zero2w" ? 23 : 49;
hole_edge = 3.5;
standoff = 5;

wall = 2.8;
front = 3;
gap = 0.35;  // on each side of what moves or is put in
button_zone = 30;

inner_w = board_w + plug_room + 6;
inner_h = board_l + button_zone + 6;
outer_w = inner_w + 2 * wall;
outer_h = inner_h + 2 * wall;
outer_d = inner_d + front;

// The shutter, as seen from the lens.
plate_w = 22;
plate_up = 11;
plate_down = 19;
plate_h = 3;
travel = 20;
knob = [4, 4];
knob_y = -14.5;
knob_out = 2.5;
channel = plate_h + 2 * gap;
lens = [inner_w / 2 - travel / 2, inner_h - 24];
lens_front = inner_d - channel;  // z of the lens's front
view = 38;                       // half of the lens's angle, corner to corner
bridge_h = 3;
bridge_w = plate_w + travel + 5;
bridge_x = lens[0] - plate_w / 2 - 2.5;
posts = [for (x = [bridge_x + 3.5, bridge_x + bridge_w - 3.5], y = [lens[1] + plate_up + 7.5, lens[1] - plate_down - 4.5]) [x, y]];

$fn = 24;

module rounded(w, h, d, r) {
  linear_extrude(d) offset(r) offset(-r) square([w, h]);
}

module shell() {
  difference() {
    union() {
      difference() {
        translate([-wall, -wall, 0]) rounded(outer_w, outer_h, outer_d, 5);
        translate([0, 0, -1]) rounded(inner_w, inner_h, inner_d + 1, 2.5);
      }
      frame();
    }
    // what the lens looks through, wider outwards
    translate([lens[0], lens[1], inner_d - 1]) cylinder(d = opening, h = front + 2);
    translate([lens[0], lens[1], inner_d + 0.8]) cylinder(d1 = opening, d2 = opening + 5, h = front - 0.8 + 0.01);
    // the shutter's knob
    translate([lens[0] - knob[0] / 2 - gap, lens[1] + knob_y - knob[1] / 2 - gap, inner_d - 1])
      cube([knob[0] + travel + 2 * gap, knob[1] + 2 * gap, front + 2]);
    // button, status light, camera-on light
    translate([inner_w / 2, 15, inner_d - 1]) cylinder(d = button_hole, h = front + 2);
    translate([inner_w - 7, 29, inner_d - 1]) cylinder(d = led_hole, h = front + 2);
    translate([7, 29, inner_d - 1]) cylinder(d = led_hole, h = front + 2);
    for (post = posts) translate([post[0], post[1], inner_d - channel - 0.01]) cylinder(d = 1.7, h = channel + front - 1);
    // tongues of the back, its screws, water that came in, the hood's pegs
    for (x = tongues()) translate([x - 6.4, inner_h - 1, 0.7]) cube([12.8, 2.7, 2.6]);
    for (x = screws()) translate([x, -wall - 1, 8]) rotate([-90, 0, 0]) {
      cylinder(d = 3.4, h = wall + 2);
      cylinder(d1 = 8.4, d2 = 3.4, h = 2.6);
    }
    translate([inner_w / 2, -wall - 1, inner_d - 4]) rotate([-90, 0, 0]) cylinder(d = 3, h = wall + 2);
    translate([inner_w / 2 - 5, -wall - 1, -1]) cube([10, wall + 2, 7]);
    for (at = pegs()) translate([at[0], outer_h - wall - 2.2, at[1]]) rotate([-90, 0, 0]) cylinder(d = 4.3, h = 3);
  }
}

// The channel that the shutter slides in: a frame on the inner side of the front, with posts for the bridge.
module frame() {
  translate([0, 0, inner_d - channel]) difference() {
    union() {
      translate([bridge_x, lens[1] - plate_down - gap - 2.5, 0])
        cube([bridge_w, plate_up + plate_down + 2 * gap + 5, channel + 0.5]);
      for (post = posts) translate([post[0], post[1], 0]) cylinder(d = 6, h = channel + 0.5);
    }
    translate([lens[0] - plate_w / 2 - gap, lens[1] - plate_down - gap, -1])
      cube([plate_w + travel + 2 * gap, plate_up + plate_down + 2 * gap, channel + 1]);
  }
}

module shutter(at, grow = 0) {
  translate([lens[0] + travel * at, lens[1], inner_d - gap - plate_h]) difference() {
    union() {
      translate([-plate_w / 2 - grow, -plate_down - grow, -grow])
        cube([plate_w + 2 * grow, plate_up + plate_down + 2 * grow, plate_h + 2 * grow]);
      translate([-knob[0] / 2 - grow, knob_y - knob[1] / 2 - grow, 0])
        cube([knob[0] + 2 * grow, knob[1] + 2 * grow, plate_h + gap + front + knob_out]);
    }
    translate([6, -14, -0.01]) cylinder(d = magnet_d, h = magnet_h);
  }
}

module bridge() {
  posts_h = camera_height + 0.5 - bridge_h;
  translate([0, 0, inner_d - channel - bridge_h]) difference() {
    union() {
      translate([bridge_x, lens[1] - plate_down - 8, 0]) cube([bridge_w, plate_up + plate_down + 18.5, bridge_h]);
      for (at = camera_holes()) translate([lens[0] + at[0], lens[1] + at[1], -posts_h]) cylinder(d = 5, h = posts_h + 0.5);
    }
    translate([lens[0], lens[1], -1]) cylinder(d = lens_hole, h = bridge_h + 2);
    for (at = camera_holes()) translate([lens[0] + at[0], lens[1] + at[1], -posts_h - 1]) cylinder(d = 1.7, h = posts_h + bridge_h);
    for (post = posts) translate([post[0], post[1], -1]) cylinder(d = 2.4, h = bridge_h + 2);
    // the reed contact lies here, under the magnet of the closed shutter
    translate([lens[0] + 6 - 8, lens[1] - 14 - 1.4, -0.01]) cube([16, 2.8, 2]);
  }
}

module back() {
  difference() {
    union() {
      translate([gap, gap, 0]) rounded(inner_w - 2 * gap, inner_h - 2 * gap, 3, 2.2);
      for (x = tongues()) translate([x - 6, inner_h - 3, 1]) cube([12, 4.3, 2]);
      for (x = screws()) translate([x - 5, gap, 0]) cube([10, 9, 13]);
      for (at = board_holes()) translate([at[0], at[1], 0]) cylinder(d = 6, h = 3 + standoff);
    }
    for (at = board_holes()) translate([at[0], at[1], 1]) cylinder(d = 2.1, h = 3 + standoff);
    for (x = screws()) translate([x, -1, 8]) rotate([-90, 0, 0]) cylinder(d = 2.6, h = 10);
    // screws into the wall, and the cable out of it or along it
    for (at = [[inner_w / 2, inner_h - 12], [inner_w / 2, 24]]) translate([at[0], at[1], -1]) {
      cylinder(d = 4.5, h = 5);
      translate([0, 0, 2]) cylinder(d1 = 4.5, d2 = 8.5, h = 2.01);
    }
    translate([inner_w / 2, 13, -1]) cylinder(d = 11, h = 5);
    translate([inner_w / 2 - 5, -1, -1]) cube([10, 10, 5]);
  }
}

module hood() {
  reach = 16;
  difference() {
    translate([-wall - 3, inner_h + wall, 0]) union() {
      cube([outer_w + 6, 2.4, outer_d + reach]);
      for (x = [0, outer_w + 6 - 2.4]) translate([x, -10, 0]) cube([2.4, 11, outer_d + reach]);
      for (at = pegs()) translate([at[0] + wall + 3, -1.8, at[1]]) rotate([-90, 0, 0]) cylinder(d = 4, h = 2.5);
    }
    // cheeks lean back, so that the lens sees past them; the roof's edge becomes sharp, so that drops fall off
    translate([-wall - 4, inner_h + wall - 10, outer_d + 2]) rotate([-45, 0, 0]) translate([0, -40, 0]) cube([outer_w + 8, 40, 40]);
  }
}

function tongues() = [12, inner_w - 12];
function screws() = [12, inner_w - 12];
function pegs() = [for (x = [inner_w / 4, inner_w * 3 / 4]) [x, inner_d / 2]];
function camera_holes() = [for (x = [-10.5, 10.5], y = [0, 12.5]) [x, y]];
function board_holes() = [for (
  x = [3 + hole_edge, 3 + hole_edge + hole_w], y = [button_zone + 3 + hole_edge, button_zone + 3 + hole_edge + hole_l]
) [x, y]];

module board_stand_in() {
  color("seagreen") translate([3, button_zone + 3, 3 + standoff]) cube([board_w, board_l, 1.6]);
}

// As a part lies on the printer's bed, or where it is in the case.
module lay(by, turn) {
  if (in_place) children();
  else translate(by) rotate(turn) children();
}

module exploded(by) {
  color("silver") translate([0, 0, -by]) back();
  translate([0, 0, -by]) board_stand_in();
  color("dimgray") translate([0, 0, by * 0.5]) bridge();
  color("orange") translate([0, 0, by]) shutter(shutter_at);
  color("steelblue", 0.9) translate([0, 0, by * 1.8]) shell();
  color("slategray") translate([0, by * 0.6, by * 1.8]) hood();
}

if (part == "shell") lay([0, 0, outer_d], [180, 0, 0]) shell();
if (part == "back") back();
if (part == "bridge") lay([0, 0, inner_d - channel], [180, 0, 0]) bridge();
if (part == "shutter") lay([0, 0, -(inner_d - gap - plate_h)], [0, 0, 0]) shutter(0);
if (part == "hood") lay([0, 0, inner_h + wall + 2.4], [-90, 0, 0]) hood();
if (part == "board") board_stand_in();
if (part == "assembly") exploded(0);
if (part == "exploded") exploded(40);

// Tests: what comes out of these must have no volume.
module rubbing() intersection() {  // the shutter, grown all round, anywhere on its way
  union() for (at = [0, 0.25, 0.5, 0.75, 1]) shutter(at, grow);
  union() { shell(); bridge(); }
}
module blocking() intersection() {  // what stands in the way of the lens, up to the hood's edge
  reach = channel + front + 16;
  translate([lens[0], lens[1], lens_front]) cylinder(r1 = 2, r2 = 2 + reach * tan(view), h = reach);
  union() { shutter(1); shell(); hood(); }
}
module collisions() {  // two things in one place
  intersection() { shell(); union() { bridge(); back(); hood(); } }
  intersection() { bridge(); union() { back(); board_stand_in(); } }
}
if (part == "faults") {  // all in one run: the shell is computed once
  rubbing();
  translate([1000, 0, 0]) blocking();
  translate([2000, 0, 0]) collisions();
}
// What the closed shutter leaves of the opening, 2 mm around it included.
if (part == "uncovered") difference() {
  translate([lens[0], lens[1], inner_d - gap - plate_h]) cylinder(d = opening + 4, h = plate_h);
  shutter(0);
}
