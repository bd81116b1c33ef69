# Recordings. In: a public address or a mirror folder, or nothing for a generated data set. Out, for each data set:
#   data/D/raw/             downloaded files and manifest.json: where they come from, their sizes and checksums
#   data/D/downloads/       no output, so that Snakemake does not remove it: what is there and right is not fetched again.
#                           raw/ has hard links to it, or copies where it is on another file system
#   data/D/annotations.json every instance of every recording, ActivityNet style
#   data/D/features/        an array SPLIT.npy a split, and SPLIT.json: recordings, offsets, times and the array's checksum
#   data/D/windows/         SPLIT.json: where the windows are cut and the instances in each


rule fetch:
    input:
        of_data(["data/{dataset}/raw/manifest.json", *asked.raw_files(experiment)]),


rule features:
    input:
        of_data("data/{dataset}/annotations.json"),
        of_data(
            "data/{dataset}/features/{split}.{kind}",
            split=SPLITS,
            kind=["json", "npy"],
        ),


rule windows:
    input:
        of_data("data/{dataset}/windows/{split}.json", split=SPLITS),


rule data:
    input:
        rules.windows.input,


rule fetch_recordings:
    input:
        sources=source_files("fetch"),
    output:
        manifest="data/{dataset}/raw/manifest.json",
        files=asked.raw_files(experiment),
    log:
        "logs/{dataset}/fetch.txt",
    benchmark:
        "logs/{dataset}/benchmarks/fetch.tsv"
    conda:
        "../envs/react-tad.yaml"
    threads: 1
    resources:
        mem_mb=1000,
        runtime=120,
    params:
        cfg=parameters("fetch"),
    shell:
        "{{ react-tad fetch --cfg {params.cfg:q} --to data/{wildcards.dataset}/downloads"
        " && for file in {output}; do"
        " from=data/{wildcards.dataset}/downloads/$(basename $file);"
        " ln -L $from $file 2> /dev/null || cp $from $file || exit 1;"
        " done; }} 2>&1 | tee {log}"


rule compute_features:
    input:
        manifest="data/{dataset}/raw/manifest.json",
        files=ancient(asked.raw_files(experiment)),
        sources=source_files("features"),
    output:
        annotations="data/{dataset}/annotations.json",
        arrays=expand("data/{{dataset}}/features/{split}.npy", split=SPLITS),
        manifests=expand("data/{{dataset}}/features/{split}.json", split=SPLITS),
    log:
        "logs/{dataset}/features.txt",
    benchmark:
        "logs/{dataset}/benchmarks/features.tsv"
    conda:
        "../envs/react-tad.yaml"
    threads: 1
    resources:
        mem_mb=4000,
        runtime=60,
    params:
        cfg=parameters("features"),
    shell:
        "react-tad features --cfg {params.cfg:q} --raw $(dirname {input.manifest}) --annotations {output.annotations}"
        " --features $(dirname {output.annotations})/features 2>&1 | tee {log}"


rule cut_windows:
    input:
        annotations="data/{dataset}/annotations.json",
        features="data/{dataset}/features/{split}.json",
        sources=source_files("windows"),
    output:
        windows="data/{dataset}/windows/{split}.json",
    log:
        "logs/{dataset}/windows_{split}.txt",
    benchmark:
        "logs/{dataset}/benchmarks/windows_{split}.tsv"
    conda:
        "../envs/react-tad.yaml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=30,
    params:
        cfg=parameters("windows"),
    shell:
        "react-tad windows --cfg {params.cfg:q} --annotations {input.annotations} --features {input.features}"
        " --out {output.windows} 2>&1 | tee {log}"
