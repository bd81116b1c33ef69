"use strict";
/* What the page does. Names and labels go into it as text (textContent) only; Plotly is given numbers and colours.

   A table (detections or annotations) holds columns; rows first[r] to first[r + 1] are those of recording r, of
   detections the best first. So what is left of a recording at a minimum score is the beginning of its rows. */
(() => {
  const AXIS = 26, LEFT = 160, RIGHT = 10; // px above and beside the plot
  const THICKEST = 14, THINNEST = 4, ANNOTATION = 12, PADDING = 4, LOWEST_ROW = 20; // px of bars and rows
  const MOST_LANES = 60; // of a class; what would lie deeper shares the last one
  const FAINTEST = 0.3; // opacity of the worst score of the page
  const INK = "#1f2933";
  const SHORTEST = 1e-3; // seconds: what has no length is drawn this long

  const element = (id) => document.getElementById(id);
  const data = JSON.parse(element("data").textContent);
  const columns = ({ first, start, end, label, score = [] }) => ({
    first, label: Int32Array.from(label), score: Float64Array.from(score),
    start: Float64Array.from(start), end: Float64Array.from(end),
  });
  const detections = columns(data.detections), annotations = columns(data.annotations);
  delete data.detections;
  delete data.annotations;

  const state = {
    recording: 0,
    minimum: -Infinity,
    on: new Uint8Array(data.classes.length).fill(1),
    listed: data.recordings.map((_, index) => index), // recordings that the search leaves
    span: [0, 1], // of the recording, seconds
    range: [0, 1], // of it, what is seen
    lanes: null,
    chosen: { table: null, row: -1 }, // what was clicked
    stop: null, // where the video pauses, seconds
  };
  let [lowest, highest] = [Infinity, -Infinity];
  for (const score of detections.score) {
    lowest = Math.min(lowest, score);
    highest = Math.max(highest, score);
  }

  // ---- small things

  const { format: number } = new Intl.NumberFormat("en");
  const colour = (label) => data.colours[label % data.colours.length];
  const make = (tag, className, text) => {
    const made = document.createElement(tag);
    made.className = className;
    if (text !== undefined) made.textContent = text;
    return made;
  };
  const nameOf = (text) => {
    const made = make("span", "name", text);
    made.dir = "auto";
    made.title = text;
    return made;
  };
  const seconds = (value, digits = 2) => `${value.toFixed(digits)} s`;
  const clock = (value) => {
    const [hours, minutes] = [Math.floor(value / 3600), Math.floor(value / 60) % 60].map((part) => String(part));
    const rest = (value % 60).toFixed(1).padStart(4, "0");
    return value < 60 ? "" : ` (${hours > 0 ? `${hours}:${minutes.padStart(2, "0")}` : minutes}:${rest})`;
  };
  const rows = function* (table) { // of the recording that is shown
    for (let row = table.first[state.recording]; row < table.first[state.recording + 1]; row += 1) yield row;
  };
  const isLeft = (row) => detections.score[row] >= state.minimum && state.on[detections.label[row]];

  /* Describe a row of a table in `into`, as text. */
  const describe = (into, table, row) => {
    const label = make("div", "label", data.classes[table.label[row]]);
    label.dir = "auto";
    const [start, end] = [table.start[row], table.end[row]];
    const times = `${seconds(start)}${clock(start)} to ${seconds(end)}${clock(end)}, ${seconds(end - start)} long`;
    const kind = table === detections ? `score ${Number(table.score[row].toPrecision(5))}` : "annotation";
    into.replaceChildren(label, make("div", "", times), make("div", "", kind));
  };

  // ---- where bars lie

  const lengthOf = (table, row) => Math.max(table.end[row] - table.start[row], SHORTEST); // of its bar

  /* The lane of each row of a recording: of its class, the first in which it touches nothing that came before. What
     comes before are better detections, so that no lane changes when the minimum score does. */
  const lanesOf = (table) => {
    const classes = new Map();
    const offset = table.first[state.recording];
    const result = new Int32Array(table.first[state.recording + 1] - offset);
    for (const row of rows(table)) {
      const label = table.label[row];
      if (!classes.has(label)) classes.set(label, []);
      const lanes = classes.get(label);
      let lane = 0;
      const segment = [table.start[row], table.start[row] + lengthOf(table, row)];
      while (lane < MOST_LANES - 1 && lane < lanes.length && !place(lanes[lane], segment)) lane += 1;
      if (lane === lanes.length) lanes.push([segment]);
      result[row - offset] = lane;
    }
    return result;
  };

  /* Put a segment into a lane (segments in order of time, apart from each other) if it fits. */
  const place = (lane, [start, end]) => {
    let [low, high] = [0, lane.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (lane[middle][0] < start) low = middle + 1;
      else high = middle;
    }
    if ((low > 0 && lane[low - 1][1] > start) || (low < lane.length && lane[low][0] < end)) return false;
    lane.splice(low, 0, [start, end]);
    return true;
  };

  /* What is shown of the recording: rows of both tables, and a band for each class of them from top to bottom. */
  const arrange = () => {
    const depth = new Map(); // class: [lanes of annotations, lanes of detections]
    const shown = [annotations, detections].map((table, which) => {
      const own = [];
      for (const row of rows(table)) {
        const label = table.label[row];
        if (which === 0 ? !state.on[label] : !isLeft(row)) continue;
        if (!depth.has(label)) depth.set(label, [0, 0]);
        const lanes = depth.get(label);
        lanes[which] = Math.max(lanes[which], state.lanes[which][row - table.first[state.recording]] + 1);
        own.push(row);
      }
      return own;
    });
    let [fixed, lanes] = [0, 0];
    for (const [annotated, detected] of depth.values()) {
      fixed += 2 * PADDING + annotated * ANNOTATION;
      lanes += detected;
    }
    const room = (size.high - fixed) / Math.max(lanes, 1);
    const thickness = Math.min(THICKEST, Math.max(THINNEST, Math.floor(room)));
    const bands = new Map();
    let top = 0;
    for (const label of [...depth.keys()].sort((a, b) => a - b)) {
      const [annotated, detected] = depth.get(label);
      const other = 2 * PADDING + annotated * ANNOTATION;
      const high = Math.min(THICKEST, Math.max(thickness, (LOWEST_ROW - other) / Math.max(detected, 1)));
      const height = Math.max(LOWEST_ROW, other + detected * high);
      bands.set(label, { top, height, annotated, thickness: high });
      top += height;
    }
    return { shown, bands, height: top };
  };

  // ---- drawing

  /* One Plotly trace of bars for all that is shown of a table. */
  const trace = (table, which, { shown, bands }) => {
    const made = {
      type: "bar", orientation: "h", hoverinfo: "none", base: [], x: [], y: [], width: [], customdata: [],
    };
    const [fill, opacity, edge, line] = [[], [], [], []];
    const plain = which === 0 ? [1.2, INK] : [0.5, null];
    for (const row of shown[which]) {
      const label = table.label[row];
      const band = bands.get(label);
      const lane = state.lanes[which][row - table.first[state.recording]];
      const high = which === 0 ? ANNOTATION : band.thickness;
      const above = which === 0 ? 0 : band.annotated * ANNOTATION;
      made.base.push(table.start[row]);
      made.x.push(lengthOf(table, row));
      made.y.push(band.top + PADDING + above + (lane + 0.5) * high);
      made.width.push(high - (high > 5 ? 2 : high > 3 ? 1 : 0.5));
      made.customdata.push(row);
      const chosen = state.chosen.table === table && state.chosen.row === row;
      fill.push(colour(label));
      line.push(chosen ? 2.5 : plain[0]);
      edge.push(chosen ? INK : plain[1] ?? colour(label));
      if (which === 1) opacity.push(chosen ? 1 : FAINTEST + (1 - FAINTEST) * strength(table.score[row]));
    }
    made.marker = which === 1
      ? { color: fill, opacity, line: { width: line, color: edge } }
      : { color: "#fff", line: { width: line, color: edge },
          pattern: { shape: "/", fillmode: "replace", fgcolor: fill, bgcolor: "#fff", size: 5, solidity: 0.45 } };
    return made;
  };
  /* A score between the worst of the page, or 0, and the best: from 0 to 1. */
  const strength = (score) => {
    const worst = Math.min(lowest, 0);
    return highest > worst ? (score - worst) / (highest - worst) : 1;
  };

  const chart = element("chart");
  const config = { displayModeBar: false, doubleClick: false, responsive: false, showTips: false };
  let bound = false;
  let size = { wide: 0, high: 0 }; // of the place for rows, read before anything is written: that is quick
  let axis = null; // what the axis shows

  const draw = () => {
    size = { wide: element("scroll").clientWidth, high: element("scroll").clientHeight };
    const arranged = arrange();
    const nothing = arranged.bands.size === 0;
    element("empty").hidden = !nothing;
    element("stage").hidden = nothing;
    element("axis").style.visibility = nothing ? "hidden" : "visible"; // its place stays
    tip.hidden = true;
    count();
    if (nothing) {
      const own = detections.first[state.recording + 1] > detections.first[state.recording];
      element("empty").textContent = own
        ? "No detection of the classes that are on has this score."
        : "This recording has no detections.";
      return;
    }
    element("stage").style.height = `${arranged.height}px`;
    element("rows").replaceChildren(...[...arranged.bands].map(([label, band]) => {
      const row = make("div", "row");
      row.style.top = `${band.top}px`;
      row.style.height = `${band.height}px`;
      const text = make("div", "text");
      const swatch = make("span", "swatch");
      swatch.style.background = colour(label);
      text.append(swatch, nameOf(data.classes[label]));
      row.append(text);
      return row;
    }));
    const layout = layoutOf(arranged.height, 0, { showticklabels: false });
    Plotly.react(chart, [trace(annotations, 0, arranged), trace(detections, 1, arranged)], layout, config);
    if (!bound) listen();
    moved();
  };

  /* A Plotly layout over the seen range of time, `height` px high below a margin. */
  const layoutOf = (height, margin, xaxis) => ({
    width: size.wide, height: height + margin, margin: { t: margin, b: 0, l: LEFT, r: RIGHT, pad: 0 },
    barmode: "overlay", showlegend: false, hovermode: "closest", dragmode: "pan", font: { size: 11, color: "#616e7c" },
    paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)",
    xaxis: {
      range: [...state.range], minallowed: state.span[0], maxallowed: state.span[1], nticks: 12, gridcolor: "#e4e7eb",
      zeroline: false, separatethousands: true, exponentformat: "none", ...xaxis,
    },
    yaxis: { range: [height, 0], fixedrange: true, visible: false },
  });

  /* The seen range has moved: so do the axis, which stays in sight above the rows, and the video's mark. */
  const moved = () => {
    movePlayhead();
    const wanted = [size.wide, ...state.range].join();
    if (axis === wanted) return;
    axis = wanted;
    const layout = layoutOf(1, AXIS - 1, { side: "top", ticksuffix: " s", fixedrange: true });
    Plotly.react(element("axis"), [], layout, config);
  };

  /* What Plotly tells: the first drawing makes the chart's events. */
  const listen = () => {
    bound = true;
    const tables = [annotations, detections];
    const area = () => chart.querySelector(".nsewdrag");
    chart.on("plotly_hover", ({ points: [{ curveNumber, customdata }], event }) => {
      describe(tip, tables[curveNumber], customdata);
      tip.hidden = false;
      const [wide, high] = [tip.offsetWidth, tip.offsetHeight];
      tip.style.left = `${Math.max(4, Math.min(event.clientX + 14, innerWidth - wide - 8))}px`;
      tip.style.top = `${event.clientY + 18 + high > innerHeight ? event.clientY - high - 10 : event.clientY + 18}px`;
      area()?.classList.add("pointing");
    });
    chart.on("plotly_unhover", () => {
      tip.hidden = true;
      area()?.classList.remove("pointing");
    });
    chart.on("plotly_click", ({ points: [{ curveNumber, customdata }] }) => choose(tables[curveNumber], customdata));
    for (const event of ["plotly_relayout", "plotly_relayouting"]) { // after, and while, the chart is dragged
      chart.on(event, (change) => {
        if ("xaxis.range[0]" in change) state.range = [change["xaxis.range[0]"], change["xaxis.range[1]"]];
        moved();
      });
    }
    chart.on("plotly_doubleclick", () => look(state.span));
  };
  const tip = element("tip");

  /* Draw once before the next frame, however often it is asked for. */
  let waiting = false;
  const redraw = () => {
    if (waiting) return;
    waiting = true;
    requestAnimationFrame(() => {
      waiting = false;
      draw();
    });
  };

  // ---- zoom

  const look = ([from, to]) => {
    const [first, last] = state.span;
    const width = Math.min(to - from, last - first);
    const start = Math.min(Math.max(from, first), last - width);
    state.range = [start, start + width];
    if (bound && !element("stage").hidden) Plotly.relayout(chart, { "xaxis.range": [...state.range] });
  };
  const zoom = (factor, at = (state.range[0] + state.range[1]) / 2) =>
    look(state.range.map((edge) => at + (edge - at) * factor));
  const timeAt = (clientX) => {
    const box = chart.getBoundingClientRect();
    const part = (clientX - box.left - LEFT) / (box.width - LEFT - RIGHT);
    return state.range[0] + part * (state.range[1] - state.range[0]);
  };

  // ---- counts: of the recording, of every recording, of every class

  const count = () => {
    const byRecording = new Uint32Array(data.recordings.length), byClass = new Uint32Array(data.classes.length);
    let all = 0;
    for (let recording = 0; recording < data.recordings.length; recording += 1) {
      for (let row = detections.first[recording]; row < detections.first[recording + 1]; row += 1) {
        if (detections.score[row] < state.minimum) break; // the best come first
        if (recording === state.recording) byClass[detections.label[row]] += 1;
        byRecording[recording] += state.on[detections.label[row]];
      }
      all += byRecording[recording];
    }
    const own = detections.first[state.recording + 1] - detections.first[state.recording];
    element("left").textContent = `${number(byRecording[state.recording])} of ${number(own)} detections here, ` +
      `${number(all)} of ${number(detections.score.length)} in all`;
    const most = Math.max(1, ...byRecording);
    recordingItems.forEach(({ counted, bar }, index) => {
      counted.textContent = number(byRecording[index]);
      bar.style.width = `calc(${byRecording[index] / most} * (100% - 12px))`;
    });
    classItems.forEach(({ item, counted }, index) => {
      counted.textContent = number(byClass[index]);
      item.classList.toggle("absent", !byClass[index]);
    });
    const [on, known] = [state.on.reduce((sum, one) => sum + one, 0), state.on.length];
    element("classes-on").textContent = on === known ? number(on) : `${number(on)} of ${number(known)}`;
  };

  // ---- lists

  const recordingItems = data.recordings.map((name, index) => {
    const [item, button] = [make("li", ""), make("button", "")];
    const [counted, bar] = [make("span", "count"), make("span", "bar")];
    button.append(nameOf(name), counted, bar);
    button.addEventListener("click", () => show(index));
    item.append(button);
    return { item, button, counted, bar };
  });
  element("recording-list").append(...recordingItems.map(({ item }) => item));

  const classItems = data.classes.map((name, index) => {
    const [item, label, box] = [make("li", ""), make("label", ""), make("input", "")];
    const [swatch, counted] = [make("span", "swatch"), make("span", "count")];
    box.type = "checkbox";
    box.checked = true;
    box.addEventListener("change", () => {
      state.on[index] = Number(box.checked);
      redraw();
    });
    swatch.style.background = colour(index);
    label.append(box, swatch, nameOf(name), counted);
    item.append(label);
    return { item, box, counted };
  });
  element("class-list").append(...classItems.map(({ item }) => item));

  const find = (input, names, items, then) => input.addEventListener("input", () => {
    const wanted = input.value.trim().toLowerCase();
    const found = names.flatMap((name, index) => (name.toLowerCase().includes(wanted) ? [index] : []));
    items.forEach(({ item }) => { item.hidden = true; });
    found.forEach((index) => { items[index].item.hidden = false; });
    then(found);
  });
  find(element("find-recording"), data.recordings, recordingItems, (found) => {
    state.listed = found;
    tellListed();
  });
  find(element("find-class"), data.classes, classItems, () => {});
  const tellListed = () => {
    const [listed, all] = [state.listed.length, data.recordings.length];
    element("recordings-left").textContent = listed === all ? number(all) : `${number(listed)} of ${number(all)}`;
  };

  // ---- a recording, a detection, its video

  const show = (recording) => {
    recordingItems[state.recording].button.removeAttribute("aria-current");
    state.recording = recording;
    state.chosen = { table: null, row: -1 };
    recordingItems[recording].button.setAttribute("aria-current", "true");
    recordingItems[recording].item.scrollIntoView({ block: "nearest" });
    state.lanes = [lanesOf(annotations), lanesOf(detections)];
    let [from, to] = [0, data.durations[recording] ?? 0];
    for (const table of [annotations, detections]) {
      for (const row of rows(table)) [from, to] = [Math.min(from, table.start[row]), Math.max(to, table.end[row])];
    }
    state.span = [from, to > from ? to : from + 1];
    state.range = [...state.span];
    element("name").textContent = element("name").title = data.recordings[recording];
    const annotated = annotations.first[recording + 1] - annotations.first[recording];
    const known = data.durations[recording] !== undefined && data.durations[recording] !== null;
    element("facts").textContent = [
      ...(known ? [`${seconds(data.durations[recording], 1)}${clock(data.durations[recording])}`] : []),
      ...(data.durations.length ? [known ? `${number(annotated)} annotations` : "not annotated"] : []),
    ].join(" · ");
    element("detail").replaceChildren(make("div", "", hint(recording)));
    load(data.videos[recording]);
    element("scroll").scrollTop = 0;
    redraw();
  };
  const hint = (recording) => (data.videos[recording]
    ? "Click a detection or an annotation to play it."
    : "Click a detection or an annotation to keep its times here.");

  const step = (by) => {
    if (!state.listed.length) return;
    const at = state.listed.indexOf(state.recording);
    const next = at < 0 ? 0 : Math.min(Math.max(at + by, 0), state.listed.length - 1);
    if (state.listed[next] !== state.recording) show(state.listed[next]);
  };

  const video = element("video");
  const load = (url) => {
    video.pause();
    state.stop = null;
    element("player").hidden = !url;
    if (url) video.src = url;
    else if (video.hasAttribute("src")) {
      video.removeAttribute("src");
      video.load();
    }
  };
  const tell = (text) => element("detail").append(make("div", "problem", text));
  video.addEventListener("error", () => {
    if (!video.hasAttribute("src")) return;
    tell("The browser cannot play this recording's video: it is not there, or of another kind.");
  });

  /* Keep what was clicked in sight, and play it. */
  const choose = (table, row) => {
    describe(element("detail"), table, row);
    state.chosen = { table, row };
    redraw();
    if (!data.videos[state.recording]) return;
    video.currentTime = table.start[row];
    state.stop = table.end[row];
    video.play().catch((problem) => {
      if (problem.name === "NotAllowedError") tell("The browser does not let a page start a video: press play.");
    });
  };
  const follow = () => {
    if (state.stop !== null && video.currentTime >= state.stop) {
      video.pause();
      state.stop = null; // whoever presses play now sees what comes after
    }
    movePlayhead();
    if (!video.paused) requestAnimationFrame(follow);
  };
  video.addEventListener("play", follow);
  video.addEventListener("timeupdate", follow); // a page in the background gets no frames
  video.addEventListener("seeked", () => movePlayhead());

  const movePlayhead = () => {
    const part = (video.currentTime - state.range[0]) / (state.range[1] - state.range[0]);
    const hidden = element("player").hidden || !(part >= 0 && part <= 1);
    element("playhead").hidden = hidden;
    if (!hidden) element("playhead").style.left = `${LEFT + part * (chart.clientWidth - LEFT - RIGHT)}px`;
  };

  // ---- controls

  const slider = element("minimum"), field = element("minimum-number");
  const setUpSlider = () => {
    const low = detections.score.length ? Math.min(lowest, 0) : 0;
    const high = detections.score.length && highest > low ? highest : low + 1;
    const digits = Math.max(0, 2 - Math.floor(Math.log10(high - low)));
    const unit = 10 ** -digits;
    slider.min = field.min = (Math.floor(low / unit) * unit).toFixed(digits);
    slider.max = field.max = ((Math.floor(high / unit) + 1) * unit).toFixed(digits); // so that all can be put away
    slider.step = unit.toFixed(digits);
    field.step = "any";
    slider.value = field.value = slider.min;
  };
  slider.addEventListener("input", () => {
    field.value = slider.value;
    state.minimum = Number(slider.value);
    redraw();
  });
  field.addEventListener("input", () => {
    if (field.value === "") return;
    slider.value = field.value;
    state.minimum = Number(field.value);
    redraw();
  });
  const switchAll = (on) => {
    state.on.fill(on);
    classItems.forEach(({ box }) => { box.checked = Boolean(on); });
    redraw();
  };
  element("all").addEventListener("click", () => switchAll(1));
  element("none").addEventListener("click", () => switchAll(0));
  element("previous").addEventListener("click", () => step(-1));
  element("next").addEventListener("click", () => step(1));
  element("in").addEventListener("click", () => zoom(1 / 1.6));
  element("out").addEventListener("click", () => zoom(1.6));
  element("whole").addEventListener("click", () => look(state.span));
  chart.addEventListener("wheel", (event) => {
    if (!event.ctrlKey && !event.metaKey) return;
    event.preventDefault();
    zoom(Math.exp(Math.max(-1, Math.min(1, event.deltaY / 200))), timeAt(event.clientX));
  }, { passive: false, capture: true });
  const keys = {
    ArrowLeft: () => step(-1), ArrowRight: () => step(1), "+": () => zoom(1 / 1.6), "=": () => zoom(1 / 1.6),
    "-": () => zoom(1.6), 0: () => look(state.span),
  };
  document.addEventListener("keydown", (event) => {
    const busy = event.target.matches("video, input:not([type=checkbox])"); // they use these keys themselves
    if (busy || event.ctrlKey || event.metaKey || event.altKey || !keys[event.key]) return;
    event.preventDefault();
    keys[event.key]();
  });
  addEventListener("resize", redraw);

  // ---- begin

  setUpSlider();
  tellListed();
  element("totals").textContent = [
    `${number(detections.score.length)} detections`,
    ...(data.durations.length ? [`${number(annotations.start.length)} annotations`] : []),
  ].join(" · ");
  element("annotation-legend").hidden = !data.durations.length;
  show(0);
})();
