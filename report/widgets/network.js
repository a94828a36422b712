tp1.register("network", (box, data) => { box.append("ok " + data.a); });
