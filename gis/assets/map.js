// Draws the layers of a finished map. Text from data enters the page as text nodes only, never as markup.
var huapian = (function () {
  "use strict";

  function tip(labels, values) {
    var table = document.createElement("table");
    values.forEach(function (value, i) {
      if (value === null || value === "") { return; }
      var row = table.insertRow();
      if (labels[i]) { row.insertCell().textContent = labels[i]; }
      var cell = row.insertCell();
      cell.textContent = value;
      if (!labels[i]) { cell.colSpan = 2; }
    });
    return table;
  }

  function withTips(group, labels) {
    if (labels) {
      group.bindTooltip(function (layer) {
        var values = layer.feature ? layer.feature.properties.v : layer.options.tip;
        return tip(labels, values || []);
      }, { sticky: true, className: "hp-tip", opacity: 1 });
    }
    return group;
  }

  function withWords(group, words) {
    return words ? L.layerGroup([group, labels(words)]) : group;
  }

  function shapes(data, style, headings, words) {
    function styled(feature) { return Object.assign({}, style, feature.properties.s); }
    return withWords(withTips(L.geoJSON(data, {
      interactive: !!headings,
      style: styled,
      pointToLayer: function (feature, at) { return L.circleMarker(at, styled(feature)); }
    }), headings), words);
  }

  // Each item: [lat, lon, svg, width, height, tip values]; the svg is made by us, never by data.
  function symbols(items, headings, words) {
    return withWords(withTips(L.featureGroup(items.map(function (item) {
      return L.marker([item[0], item[1]], {
        icon: L.divIcon({
          className: "hp-symbol", html: item[2],
          iconSize: [item[3], item[4]], iconAnchor: [item[3] / 2, item[4] / 2]
        }),
        interactive: !!headings, keyboard: false, tip: item[5]
      });
    })), headings), words);
  }

  // Each item: [lat, lon, text, class, room]; room is how wide the shape is in degrees, 0 for any.
  function labels(items) {
    var group = L.layerGroup(items.map(function (item) {
      var span = document.createElement("span");
      span.textContent = item[2];
      return L.marker([item[0], item[1]], {
        icon: L.divIcon({ className: "hp-label " + item[3], html: span, iconSize: null }),
        interactive: false, keyboard: false, zIndexOffset: 1000, room: item[4], kind: item[3]
      });
    }));
    group.on("add", function () {
      var map = group._map;
      if (!map.worded) {
        map.worded = [];
        map.on("zoomend", function () { thin(map.worded); });
        map.on("moveend", function () { thinSoon(map, 120); });  // a map that is dragged along moves many times
      }
      map.worded.push(group);
      thinSoon(map);
    });
    group.on("remove", function () {
      var map = group._map;
      map.worded = map.worded.filter(function (other) { return other !== group; });
      thinSoon(map);
    });
    return group;
  }

  // Change the words of labels where they stand; return whether that could be done.
  function reword(group, items) {
    var markers = group.getLayers();
    function same(marker, i) {
      var at = marker.getLatLng();
      return marker.getElement() && at.lat === items[i][0] && at.lng === items[i][1];
    }
    if (markers.length !== items.length || !markers.every(same)) { return false; }
    markers.forEach(function (marker, i) {
      var icon = marker.getElement(), kind = marker.options.kind;
      if (icon.textContent !== items[i][2]) { icon.firstChild.textContent = items[i][2]; }
      if (kind !== items[i][3]) {
        DOMTokenList.prototype.remove.apply(icon.classList, kind.split(" ").filter(Boolean));
        DOMTokenList.prototype.add.apply(icon.classList, items[i][3].split(" ").filter(Boolean));
        marker.options.kind = items[i][3];
      }
    });
    thinSoon(group._map);
    return true;
  }

  function thinSoon(map, wait) {
    clearTimeout(map.thinning);
    map.thinning = setTimeout(function () { thin(map.worded); }, wait || 0);
  }

  function overlap(a, b) {
    return a.left < b.right + 2 && b.left < a.right + 2 && a.top < b.bottom && b.top < a.bottom;
  }

  function rank(marker) { return ["hp-over", "", "hp-below", "hp-area"].indexOf(marker.options.kind); }

  // A label stays where it lies on no symbol and no earlier label, moves a little up or down, or is hidden.
  // All are measured before the first is moved: a page laid out once for each label is slow.
  function thin(groups) {
    var pictures = Array.prototype.map.call(document.querySelectorAll(".hp-symbol"), rect);
    var taken = [];
    var markers = [];
    groups.forEach(function (group) { markers = markers.concat(group.getLayers()); });
    markers = markers.filter(function (marker) { return marker.getElement(); });
    markers.sort(function (a, b) { return rank(a) - rank(b); });
    markers.forEach(function (marker) { marker.getElement().firstChild.style.margin = "0px"; });
    var boxes = markers.map(function (marker) { return rect(marker.getElement().firstChild); });
    var edges = markers.length ? rect(markers[0]._map.getContainer()) : null;
    markers.forEach(function (marker, i) {
      var icon = marker.getElement();
      var room = marker.options.room * 256 * Math.pow(2, marker._map.getZoom()) / 360;
      if (room && boxes[i].width > room) {
        icon.style.visibility = "hidden";
      } else {
        var aside = within(boxes[i], edges);
        icon.firstChild.style.marginLeft = aside + "px";
        place(icon, icon.firstChild, moved(boxes[i], aside), taken, pictures);
      }
    });
  }

  // How far a label whose place is in sight moves aside so as not to run over the edge of the map.
  function within(own, edges) {
    var middle = (own.left + own.right) / 2;
    if (middle < edges.left || middle > edges.right || own.width > edges.right - edges.left - 8) { return 0; }
    return Math.max(edges.left + 4 - own.left, 0) || Math.min(edges.right - 4 - own.right, 0);
  }

  function moved(own, aside) {
    return { left: own.left + aside, right: own.right + aside, top: own.top, bottom: own.bottom };
  }

  function rect(element) { return element.getBoundingClientRect(); }

  function place(icon, span, own, taken, pictures) {
    var found = null;
    [0, -18, 18].forEach(function (shift) {
      var box = { left: own.left, right: own.right, top: own.top + shift, bottom: own.bottom + shift };
      function hits(other) { return overlap(box, other); }
      if (taken.some(hits)) { return; }
      var clear = !pictures.some(hits);
      if (!found || (clear && !found.clear)) { found = { shift: shift, box: box, clear: clear }; }
    });
    icon.style.visibility = found ? "visible" : "hidden";
    if (found) {
      span.style.marginTop = found.shift + "px";
      taken.push(found.box);
    }
  }

  function box(map, position, className, html) {
    var control = L.control({ position: position });
    control.onAdd = function () {
      var div = L.DomUtil.create("div", className);
      div.innerHTML = html;
      L.DomEvent.disableClickPropagation(div).disableScrollPropagation(div);
      return div;
    };
    return control.addTo(map);
  }

  function frame(map, south, west, north, east, space) {
    L.control.scale({ imperial: false, maxWidth: 140 }).addTo(map);
    map.fitBounds([[south, west], [north, east]], { padding: [space, space], animate: false });
  }

  // A load in words. What is not yet full is never rounded up to a limit: `percent` of ui/views/levels in Python.
  function percent(load) {
    var whole = Math.round(load), near = (whole === 90 || whole === 100) && load < whole;
    return near ? (Math.floor(load * 10) / 10).toFixed(1) + "%" : whole + "%";
  }

  // Each place: [words, south, west, north, east]; choosing one shows it.
  function places(map, list, title) {
    var control = L.control({ position: "bottomleft" });
    control.onAdd = function () {
      var div = L.DomUtil.create("div", "hp-box hp-places");
      var choice = L.DomUtil.create("select", "", div);
      choice.setAttribute("aria-label", title);
      list.forEach(function (place, i) { choice.add(new Option(place[0], i)); });
      choice.onchange = function () {
        var at = list[choice.value];
        map.fitBounds([[at[1], at[2]], [at[3], at[4]]], { padding: [24, 24], animate: false });
      };
      L.DomEvent.disableClickPropagation(div);
      return div;
    };
    control.addTo(map);
  }

  return { shapes: shapes, symbols: symbols, labels: labels, reword: reword, box: box, frame: frame, places: places,
    percent: percent };
})();
